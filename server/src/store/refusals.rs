//! Known tokens that are refused, as audit events: at most one a minute for each token and reason, with a count.
//!
//! They are recorded beside the requests and never on their way. What waits is bounded: where too many tokens are refused
//! at once, the log says that not all of them are counted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::TransactionBehavior;
use tracing::warn;
use uuid::Uuid;

use super::Store;
use super::change::{Change, Changing};
use crate::audit::{Action, Origin, Reason};
use crate::tokens::{Timestamp, TokenRecord};

/// How long refusals are counted together, in milliseconds.
const INTERVAL: i64 = 60_000;

/// How many tokens can be counted at once.
const CAPACITY: usize = 4096;

/// What is counted, by token and reason.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<(Uuid, Reason), Counted>>);

#[derive(Debug)]
struct Counted {
    organization_id: Uuid,
    /// When this was last recorded.
    since: Timestamp,
    /// How many were refused since.
    count: u64,
    /// Where the last of them came from.
    origin: Origin,
}

/// What is to be recorded now.
#[derive(Debug)]
struct Due {
    organization_id: Uuid,
    token_id: Uuid,
    reason: Reason,
    count: u64,
    origin: Origin,
}

impl Counted {
    /// Whether the time is over. A clock that stepped back does not prolong it.
    fn over(&self, now: Timestamp) -> bool {
        !(0..INTERVAL).contains(&(now.as_millis() - self.since.as_millis()))
    }
}

impl Refusals {
    /// Counts a refusal. What is to be recorded for it now, if anything, is returned.
    fn count(
        &self,
        (organization_id, token_id): (Uuid, Uuid),
        reason: Reason,
        origin: Origin,
        now: Timestamp,
    ) -> Option<Due> {
        let mut all = self.lock();
        if all.len() >= CAPACITY && !all.contains_key(&(token_id, reason)) {
            all.retain(|_, counted| counted.count > 0 || !counted.over(now));
            if all.len() >= CAPACITY {
                warn!(%token_id, "a refused token is not counted, because too many are refused");
                return None;
            }
        }
        match all.entry((token_id, reason)) {
            Entry::Occupied(mut entry) if !entry.get().over(now) => {
                entry.get_mut().count += 1;
                entry.get_mut().origin = origin;
                None
            }
            entry => {
                let before = match &entry {
                    Entry::Occupied(entry) => entry.get().count,
                    Entry::Vacant(_) => 0,
                };
                entry.insert_entry(Counted { organization_id, since: now, count: 0, origin: origin.clone() });
                Some(Due { organization_id, token_id, reason, count: before + 1, origin })
            }
        }
    }

    /// Takes what was counted and is to be recorded: what is over, or `all`.
    fn take(&self, now: Timestamp, all: bool) -> Vec<Due> {
        let mut counted = self.lock();
        let due = counted
            .iter_mut()
            .filter(|(_, it)| it.count > 0 && (all || it.over(now)))
            .map(|((token_id, reason), it)| {
                let count = std::mem::take(&mut it.count);
                it.since = now;
                let (organization_id, origin) = (it.organization_id, it.origin.clone());
                Due { organization_id, token_id: *token_id, reason: *reason, count, origin }
            })
            .collect();
        counted.retain(|_, it| !it.over(now));
        due
    }

    /// Gives back what could not be recorded, to be recorded later.
    fn give_back(&self, due: Due, now: Timestamp) {
        let Due { organization_id, token_id, reason, count, origin } = due;
        let mut all = self.lock();
        all.entry((token_id, reason)).or_insert(Counted { organization_id, since: now, count: 0, origin }).count +=
            count;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Uuid, Reason), Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Counts that a known token was refused, soon to be an audit event.
    pub fn record_refusal(&self, token: &TokenRecord, reason: Reason, origin: Origin, now: Timestamp) {
        if let Some(due) = self.refusals.count((token.organization_id, token.id), reason, origin, now) {
            self.record_refusals(vec![due], now);
        }
    }

    /// Records the refusals whose minute is over, or `all`.
    pub fn flush_refusals(&self, now: Timestamp, all: bool) {
        let due = self.refusals.take(now, all);
        if !due.is_empty() {
            self.record_refusals(due, now);
        }
    }

    fn record_refusals(&self, due: Vec<Due>, now: Timestamp) {
        let (ids, refusals) = (self.ids.clone(), Arc::clone(&self.refusals));
        let due = Arc::new(Mutex::new(due));
        let waiting = Arc::clone(&due);
        let submitted = self.writer.submit(move |connection| {
            let due = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
            let recorded = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(Into::into)
                .and_then(|transaction| {
                    for it in &due {
                        let change = Change { organization_id: it.organization_id, now, origin: it.origin.clone() };
                        let action = Action::Refused { reason: it.reason, count: it.count };
                        Changing::new(&transaction, &change, &ids).record(it.token_id, action)?;
                    }
                    transaction.commit().map_err(super::StoreError::from)
                });
            if let Err(error) = recorded {
                warn!(%error, "refused tokens were not recorded yet");
                due.into_iter().for_each(|due| refusals.give_back(due, now));
            }
        });
        if !submitted {
            let due = std::mem::take(&mut *due.lock().unwrap_or_else(PoisonError::into_inner));
            due.into_iter().for_each(|due| self.refusals.give_back(due, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_a_minute_has_the_count_of_all() {
        let refusals = Refusals::default();
        let at = Timestamp::from_millis;
        let count = |now, reason| {
            let due = refusals.count((Uuid::nil(), Uuid::nil()), reason, Origin::default(), at(now));
            due.map(|due| due.count)
        };
        assert_eq!(count(0, Reason::Revoked), Some(1));
        assert_eq!(count(0, Reason::Expired), Some(1), "each reason is one event");
        assert_eq!(count(1, Reason::Revoked), None);
        assert_eq!(count(59_999, Reason::Revoked), None);
        assert_eq!(count(60_000, Reason::Revoked), Some(3), "what was counted, and this one");
        assert_eq!(count(60_001, Reason::Revoked), None);
        assert!(refusals.take(at(61_000), false).is_empty());
        let due = refusals.take(at(120_000), false);
        assert_eq!(due.iter().map(|due| (due.reason, due.count)).collect::<Vec<_>>(), [(Reason::Revoked, 1)]);
        assert!(refusals.take(at(120_001), true).is_empty());
        assert_eq!(count(120_002, Reason::Revoked), None);
        assert_eq!(refusals.take(at(120_003), true).len(), 1, "at the end, all is recorded");
    }

    #[test]
    fn memory_is_bounded() {
        let refusals = Refusals::default();
        for id in 0..2 * CAPACITY as u128 {
            let ids = (Uuid::nil(), Uuid::from_u128(id));
            let _ = refusals.count(ids, Reason::Revoked, Origin::default(), Timestamp::from_millis(0));
        }
        assert_eq!(refusals.lock().len(), CAPACITY);
        let ids = (Uuid::nil(), Uuid::from_u128(u128::MAX));
        let due = refusals.count(ids, Reason::Revoked, Origin::default(), Timestamp::from_millis(INTERVAL));
        assert!(due.is_some(), "those that are over made room");
    }
}
