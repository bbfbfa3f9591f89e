//! Reads of tokens, and the observation of their expiry.

use rusqlite::Transaction;
use uuid::Uuid;

use super::sqlite::Lane;
use super::verbs::Inactive;
use super::walk::{Walk, WalkBatch};
use super::{Page, Store, StoreError, sqlite};
use crate::timestamp::Timestamp;
use crate::tokens::{HashedToken, State, TokenRecord};

/// A filter of an organization's tokens.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The state at a time.
    pub state: Option<(State, Timestamp)>,
    /// The beginning of the name.
    pub name_prefix: Option<String>,
}

impl Store {
    /// The token with this hash, in any state and organization. It authenticates a caller.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn find_token(&self, hash: HashedToken) -> Result<Option<TokenRecord>, StoreError> {
        if let Ok(found) = self.readers.snapshots.find_token(hash) {
            return Ok(found);
        }
        // A thread that may wait tries again, and reports a lasting error. It is rare, so its future is not a part of each request's.
        Box::pin(self.read(move |connection| sqlite::tokens::find_by_hash(connection, hash))).await
    }

    /// A token of an organization.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn token(&self, organization_id: Uuid, id: Uuid) -> Result<Option<TokenRecord>, StoreError> {
        self.read(move |connection| sqlite::tokens::find(connection, organization_id, id)).await
    }

    /// The token that a rotation replaced by this one.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn predecessor(&self, organization_id: Uuid, id: Uuid) -> Result<Option<TokenRecord>, StoreError> {
        self.read(move |connection| sqlite::tokens::predecessor(connection, organization_id, id)).await
    }

    /// At most `limit` tokens of an organization, oldest first, after the id `after`. A page of a filtered list can have fewer items and
    /// a next page, because the number of tokens that a page skips is bounded.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn tokens(
        &self,
        organization_id: Uuid,
        filter: Filter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Page<TokenRecord>, StoreError> {
        self.read(move |connection| sqlite::tokens::list(connection, organization_id, &filter, after, limit)).await
    }

    /// The next steps of a walk, read and not made.
    pub(super) async fn steps(&self, organization_id: Uuid, walk: Walk) -> Result<WalkBatch, StoreError> {
        self.read(move |connection| walk.steps(&sqlite::tokens::Descendants { connection, organization_id })).await
    }

    /// Candidates of a purge from those that are inactive since the time `from` on and before `before`, and the time from which to look
    /// for the next ones.
    pub(super) async fn purge_candidates(
        &self,
        organization_id: Uuid,
        inactive: Inactive,
        from: Timestamp,
        before: Timestamp,
    ) -> Result<(Vec<Uuid>, Option<Timestamp>), StoreError> {
        self.read(move |connection| {
            sqlite::tokens::purge_candidates(connection, organization_id, inactive, from, before)
        })
        .await
    }

    /// Records that the expiry of a token was observed, so that the token stays expired if the clock steps back.
    ///
    /// # Errors
    /// Fails if the database is busy or cannot be written.
    pub async fn mark_expired(&self, organization_id: Uuid, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let mark =
            move |transaction: &Transaction<'_>| sqlite::tokens::mark_expired(transaction, organization_id, id, now);
        self.writer.change(Lane::Organization(organization_id), mark).await
    }
}
