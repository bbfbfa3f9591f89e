//! A change: one transaction, with who asked for it, and its event in the audit log.

use std::sync::Mutex;

use rusqlite::{Transaction, TransactionBehavior};
use uuid::{ContextV7, Uuid};

use super::{Store, StoreError, audit, next_id, tokens};
use crate::audit::{Action, NewEvent, Origin};
use crate::tokens::{Actor, Denied, Timestamp};

/// What every change is made with.
#[derive(Debug, Clone)]
pub struct Change {
    pub organization_id: Uuid,
    pub now: Timestamp,
    /// Who asks, and from where.
    pub origin: Origin,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A rule has it so.
    #[error("denied: {0:?}")]
    Denied(Denied),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for ChangeError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<rusqlite::Error> for ChangeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A change under way.
pub(super) struct Changing<'t> {
    pub(super) transaction: &'t Transaction<'t>,
    pub(super) change: &'t Change,
    ids: &'t Mutex<ContextV7>,
}

impl Store {
    /// Does `work` in one transaction: all of it is committed, or nothing where it fails.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: Change,
        work: impl FnOnce(&Changing<'_>) -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        let ids = self.ids.clone();
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&Changing { transaction: &transaction, change: &change, ids: &ids });
            if done.is_ok() {
                transaction.commit()?;
            }
            Ok(done)
        })
        .await?
    }
}

impl<'t> Changing<'t> {
    /// A change within a transaction that somebody else commits.
    pub(super) fn new(transaction: &'t Transaction<'t>, change: &'t Change, ids: &'t Mutex<ContextV7>) -> Self {
        Self { transaction, change, ids }
    }

    /// The token that asks, as it is now: it may have died or become less since it was accepted.
    pub(super) fn caller(&self) -> Result<Actor, ChangeError> {
        let Some(id) = self.change.origin.actor else { return Err(Denied::CallerDead.into()) };
        let found = tokens::find(self.transaction, self.change.organization_id, id)?;
        let actor = found.and_then(|record| Actor::of(record, self.change.now).ok());
        Ok(actor.ok_or(Denied::CallerDead)?)
    }

    pub(super) fn next_id(&self) -> Uuid {
        next_id(self.ids, self.change.now)
    }

    /// Adds to the audit log what happens to a token.
    pub(super) fn record(&self, token_id: Uuid, action: Action) -> Result<(), StoreError> {
        let Change { organization_id, now, origin } = self.change.clone();
        let event = NewEvent { organization_id, token_id, occurred_at: now, action, origin };
        audit::append(self.transaction, event, self.next_id())
    }
}
