//! Reads of tokens, and the observation of their expiry.

use uuid::Uuid;

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
        self.read(move |connection| sqlite::tokens::find_by_hash(connection, hash)).await
    }

    /// A token of an organization.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn token(&self, organization_id: Uuid, id: Uuid) -> Result<Option<TokenRecord>, StoreError> {
        self.read(move |connection| sqlite::tokens::find(connection, organization_id, id)).await
    }

    /// At most `limit` tokens of an organization, oldest first, after the id `after`.
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
        self.read(move |connection| {
            Ok(Page::of(sqlite::tokens::list(connection, organization_id, &filter, after, limit)?, limit))
        })
        .await
    }

    /// Records that the expiry of a token was observed, so that the token stays expired if the clock steps back.
    ///
    /// # Errors
    /// Fails if the database is busy or cannot be written.
    pub async fn mark_expired(&self, organization_id: Uuid, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| sqlite::tokens::mark_expired(connection, organization_id, id, now)).await
    }
}
