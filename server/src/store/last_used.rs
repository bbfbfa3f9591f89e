//! The time of each token's last use. It is recorded in the background, so requests do not wait for it.
//!
//! The first use is recorded at once, later ones at most once a minute. Uses that wait are recorded together, in the order of the
//! primary key, so that neighbours share pages. Their number is bounded. Beyond it, a use is not recorded, and `last_used_at` is older
//! than it could be.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Transaction;
use tracing::warn;
use uuid::Uuid;

use super::sqlite::Backlog;
use super::{Store, StoreError, sqlite};
use crate::clock::Clock;
use crate::timestamp::Timestamp;
use crate::tokens::TokenRecord;

/// The minimum time between two recorded uses of a token, in milliseconds.
const INTERVAL: i64 = 60_000;

/// The maximum number of tokens whose use is waiting to be recorded.
const MAX_PENDING: usize = 4096;

/// A token: its organization and its id.
type Key = (Uuid, Uuid);

/// The uses that are waiting to be recorded.
#[derive(Debug, Default)]
pub(super) struct PendingUses(Mutex<Pending>);

#[derive(Debug, Default)]
struct Pending {
    /// The time of the latest use, by token.
    uses: BTreeMap<Key, Timestamp>,
    /// The number of uses that were not recorded.
    lost: u64,
    /// Whether the writer has the backlog.
    is_submitted: bool,
}

impl PendingUses {
    /// Adds a use, if there is room. Returns whether the backlog has to be submitted.
    fn add(&self, key: Key, used_at: Timestamp) -> bool {
        let mut pending = self.lock();
        if pending.uses.len() >= MAX_PENDING {
            pending.lost += 1;
            return false;
        }
        pending.uses.insert(key, used_at);
        !std::mem::replace(&mut pending.is_submitted, true)
    }

    /// The first use after a token, or the first of all.
    fn next(&self, after: Option<Key>) -> Option<(Key, Timestamp)> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.lock().uses.range((after, Bound::Unbounded)).next().map(|(key, used_at)| (*key, *used_at))
    }

    fn release(&self) {
        self.lock().is_submitted = false;
    }

    /// The number of uses that were not recorded.
    pub(super) fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Whether the writer has the backlog.
    #[cfg(test)]
    pub(super) fn is_submitted(&self) -> bool {
        self.lock().is_submitted
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The backlog of uses. It goes through the tokens in turn, so that none waits for ever.
struct UseBacklog {
    pending: Arc<PendingUses>,
    clock: Clock,
    /// The last recorded token.
    last: Option<Key>,
    /// The tokens of this part. They stay pending until its end, because a use meanwhile would be recorded a second time.
    part: Vec<Key>,
}

impl Backlog for UseBacklog {
    fn record_next(&mut self, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
        let Some((key, used_at)) = self.pending.next(self.last) else {
            self.last = None;
            return Ok(false);
        };
        self.last = Some(key);
        self.part.push(key);
        sqlite::tokens::record_use(transaction, key.0, key.1, used_at, self.clock.now())?;
        Ok(true)
    }

    fn end_part(&mut self, result: Result<(), &StoreError>) -> bool {
        if let Err(error) = result {
            warn!(%error, count = self.part.len(), "the last uses of tokens were not recorded");
        }
        let mut pending = self.pending.lock();
        if result.is_err() {
            pending.lost += u64::try_from(self.part.len()).unwrap_or(u64::MAX);
        }
        for key in self.part.drain(..) {
            pending.uses.remove(&key);
        }
        pending.is_submitted = !pending.uses.is_empty();
        pending.is_submitted
    }

    fn release(&mut self) {
        self.pending.release();
    }
}

impl Store {
    /// Records a use of a token, in the background.
    pub fn record_use(&self, record: &TokenRecord, now: Timestamp) {
        // A recorded time that is later than now is from a clock that was wrong, and gives way to this use.
        let recent = |last: Timestamp| (0..INTERVAL).contains(&now.as_millis().saturating_sub(last.as_millis()));
        if record.last_used_at.is_some_and(recent) || !self.uses.add((record.organization_id, record.id), now) {
            return;
        }
        let (pending, clock) = (Arc::clone(&self.uses), self.clock.clone());
        if !self.writer.submit(Box::new(UseBacklog { pending, clock, last: None, part: Vec::new() })) {
            self.uses.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_wait_once_for_each_token_and_in_bounded_memory() {
        let pending = PendingUses::default();
        let (key, at) = (|id| (Uuid::nil(), Uuid::from_u128(id)), Timestamp::from_millis);
        assert!(pending.add(key(1), at(1)), "the first is submitted");
        assert!(!pending.add(key(1), at(2)) && !pending.add(key(2), at(3)));
        assert_eq!(pending.next(None), Some((key(1), at(2))), "the latest use");
        assert_eq!(pending.next(Some(key(1))), Some((key(2), at(3))));
        assert_eq!(pending.next(Some(key(2))), None);
        for id in 0..2 * MAX_PENDING as u128 {
            pending.add(key(id), at(4));
        }
        assert_eq!(pending.lock().uses.len(), MAX_PENDING);
        assert_eq!(pending.lost(), 2 * MAX_PENDING as u64 - MAX_PENDING as u64);
        pending.release();
        assert!(!pending.add(key(u128::MAX), at(5)), "there is no room");
    }
}
