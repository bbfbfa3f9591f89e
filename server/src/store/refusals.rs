//! Refusals of known tokens, as audit events: at most one per minute, token and reason, with a count.
//!
//! They are recorded in the background, so requests do not wait for them. The memory is bounded: a refusal beyond it is not counted, and a
//! log line reports that.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Transaction;
use tracing::warn;
use uuid::Uuid;

use super::change::apply;
use super::read_set::ReadSet;
use super::unit_of_work::{ChangeContext, Ids};
use super::{Store, StoreError};
use crate::audit::{Action, Origin};
use crate::timestamp::Timestamp;
use crate::tokens::{RefusalReason, TokenRecord};

/// The minimum time between two events of a token and a reason, in milliseconds.
const INTERVAL: i64 = 60_000;

/// The maximum number of counted tokens and reasons.
const CAPACITY: usize = 4096;

/// The maximum number of events that a transaction appends, so that it delays others by milliseconds.
const BATCH: usize = 500;

/// The counts, by token and reason.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<(Uuid, RefusalReason), Counted>>);

#[derive(Debug)]
struct Counted {
    organization_id: Uuid,
    /// The time of the last event.
    since: Timestamp,
    /// The number of refusals since.
    count: u64,
    /// The origin of the latest.
    origin: Origin,
}

/// A refusal to record now.
#[derive(Debug)]
struct Due {
    organization_id: Uuid,
    token_id: Uuid,
    reason: RefusalReason,
    count: u64,
    origin: Origin,
}

impl Counted {
    /// Whether the interval is over. A clock that steps back does not prolong it.
    fn is_over(&self, now: Timestamp) -> bool {
        !(0..INTERVAL).contains(&(now.as_millis() - self.since.as_millis()))
    }
}

impl Refusals {
    /// Counts a refusal. Returns the event to record now, if any.
    fn count(
        &self,
        (organization_id, token_id): (Uuid, Uuid),
        reason: RefusalReason,
        origin: Origin,
        now: Timestamp,
    ) -> Option<Due> {
        let mut all = self.lock();
        if all.len() >= CAPACITY && !all.contains_key(&(token_id, reason)) {
            all.retain(|_, counted| counted.count > 0 || !counted.is_over(now));
            if all.len() >= CAPACITY {
                warn!(%token_id, "a refusal is not counted; too many tokens are rejected");
                return None;
            }
        }
        match all.entry((token_id, reason)) {
            Entry::Occupied(mut entry) if !entry.get().is_over(now) => {
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

    /// Takes the counts whose interval is over, or `all`.
    fn take(&self, now: Timestamp, all: bool) -> Vec<Due> {
        let mut counted = self.lock();
        let due = counted
            .iter_mut()
            .filter(|(_, it)| it.count > 0 && (all || it.is_over(now)))
            .map(|((token_id, reason), it)| {
                let count = std::mem::take(&mut it.count);
                it.since = now;
                let (organization_id, origin) = (it.organization_id, it.origin.clone());
                Due { organization_id, token_id: *token_id, reason: *reason, count, origin }
            })
            .collect();
        counted.retain(|_, it| !it.is_over(now));
        due
    }

    /// Returns a count that could not be recorded, for a later try.
    fn give_back(&self, due: &Due, now: Timestamp) {
        let Due { organization_id, token_id, reason, count, ref origin } = *due;
        let counted = || Counted { organization_id, since: now, count: 0, origin: origin.clone() };
        self.lock().entry((token_id, reason)).or_insert_with(counted).count += count;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Uuid, RefusalReason), Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Counts a refusal of a known token. It becomes an audit event in the background.
    pub fn record_refusal(&self, token: &TokenRecord, reason: RefusalReason, origin: Origin, now: Timestamp) {
        if let Some(due) = self.refusals.count((token.organization_id, token.id), reason, origin, now) {
            self.record_refusals(vec![due], now);
        }
    }

    /// Records the refusals whose interval is over, or `all`.
    pub fn flush_refusals(&self, now: Timestamp, all: bool) {
        let mut due = self.refusals.take(now, all);
        while !due.is_empty() {
            let batch = due.split_off(due.len().saturating_sub(BATCH));
            self.record_refusals(batch, now);
        }
    }

    fn record_refusals(&self, due: Vec<Due>, now: Timestamp) {
        let (ids, clock, refusals) = (self.ids.clone(), self.clock.clone(), Arc::clone(&self.refusals));
        let due = Arc::new(due);
        let recorded = Arc::clone(&due);
        let record = move |transaction: &Transaction<'_>| record(transaction, &ids, &recorded, clock.now());
        let give_back = move |refusals: &Refusals, due: &[Due]| due.iter().for_each(|due| refusals.give_back(due, now));
        let waiting = Arc::clone(&due);
        let submitted = self.transact_in_background(record, move |recorded| {
            if let Err(error) = recorded {
                warn!(%error, "refusals were not recorded; they will be recorded later");
                give_back(&refusals, &waiting);
            }
        });
        if !submitted {
            give_back(&self.refusals, &due);
        }
    }
}

fn record(transaction: &Transaction<'_>, ids: &Ids, due: &[Due], now: Timestamp) -> Result<(), StoreError> {
    for Due { organization_id, token_id, reason, count, origin } in due {
        let context = ChangeContext { origin: origin.clone(), ..ChangeContext::without_caller(*organization_id) };
        apply(transaction, ids, &context, now, &ReadSet::default(), |unit| {
            unit.record(*token_id, Action::Refused { reason: *reason, count: *count });
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_within_a_minute_are_one_event_with_a_count() {
        let refusals = Refusals::default();
        let at = Timestamp::from_millis;
        let count = |now, reason| {
            let due = refusals.count((Uuid::nil(), Uuid::nil()), reason, Origin::default(), at(now));
            due.map(|due| due.count)
        };
        assert_eq!(count(0, RefusalReason::Revoked), Some(1));
        assert_eq!(count(0, RefusalReason::Expired), Some(1), "each reason has its own event");
        assert_eq!(count(1, RefusalReason::Revoked), None);
        assert_eq!(count(59_999, RefusalReason::Revoked), None);
        assert_eq!(count(60_000, RefusalReason::Revoked), Some(3), "the counted ones and this one");
        assert_eq!(count(60_001, RefusalReason::Revoked), None);
        assert!(refusals.take(at(61_000), false).is_empty());
        let due = refusals.take(at(120_000), false);
        assert_eq!(due.iter().map(|due| (due.reason, due.count)).collect::<Vec<_>>(), [(RefusalReason::Revoked, 1)]);
        assert!(refusals.take(at(120_001), true).is_empty());
        assert_eq!(count(120_002, RefusalReason::Revoked), None);
        assert_eq!(refusals.take(at(120_003), true).len(), 1, "everything is recorded at the end");
    }

    #[test]
    fn many_refused_tokens_use_bounded_memory() {
        let refusals = Refusals::default();
        for id in 0..2 * CAPACITY as u128 {
            let ids = (Uuid::nil(), Uuid::from_u128(id));
            let _ = refusals.count(ids, RefusalReason::Revoked, Origin::default(), Timestamp::from_millis(0));
        }
        assert_eq!(refusals.lock().len(), CAPACITY);
        let ids = (Uuid::nil(), Uuid::from_u128(u128::MAX));
        let due = refusals.count(ids, RefusalReason::Revoked, Origin::default(), Timestamp::from_millis(INTERVAL));
        assert!(due.is_some(), "finished intervals made room");
    }
}
