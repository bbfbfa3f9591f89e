//! The time of each token's last use. It is recorded in the background, so requests do not wait for it.
//!
//! The first use is recorded at once, later ones at most once a minute. The number of waiting uses is bounded. Beyond it, a use is not
//! recorded, and `last_used_at` is older than it could be.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Transaction;
use tracing::warn;
use uuid::Uuid;

use super::{Store, sqlite};
use crate::timestamp::Timestamp;
use crate::tokens::TokenRecord;

/// The minimum time between two recorded uses of a token, in milliseconds.
const INTERVAL: i64 = 60_000;

/// The maximum number of tokens whose use is waiting to be recorded.
const MAX_PENDING: usize = 512;

/// The tokens whose use is waiting to be recorded.
#[derive(Debug, Default)]
pub(super) struct PendingUses(Mutex<HashSet<Uuid>>);

impl PendingUses {
    fn add(&self, id: Uuid) -> bool {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.len() < MAX_PENDING && pending.insert(id)
    }

    fn remove(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

impl Store {
    /// Records a use of a token, in the background.
    pub fn record_use(&self, record: &TokenRecord, now: Timestamp) {
        // A recorded time that is later than now is from a clock that was wrong, and gives way to this use.
        let recent = |last: Timestamp| (0..INTERVAL).contains(&now.as_millis().saturating_sub(last.as_millis()));
        if record.last_used_at.is_some_and(recent) || !self.uses.add(record.id) {
            return;
        }
        let (organization_id, id, pending) = (record.organization_id, record.id, Arc::clone(&self.uses));
        let clock = self.clock.clone();
        let record = move |transaction: &Transaction<'_>| {
            sqlite::tokens::record_use(transaction, organization_id, id, now, clock.now())
        };
        let submitted = self.transact_in_background(record, move |recorded| {
            pending.remove(id);
            if let Err(error) = recorded {
                warn!(%error, "the last use of a token was not recorded");
            }
        });
        if !submitted {
            self.uses.remove(id);
        }
    }
}
