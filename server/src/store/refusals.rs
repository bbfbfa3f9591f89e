//! Refusals of known tokens, as audit events: at most one per minute, token and reason, with a count.
//!
//! They are recorded in the background, by organization, so requests do not wait for them. The memory is bounded: a refusal beyond it is not
//! counted, and a log line reports that.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Transaction;
use tracing::warn;
use uuid::Uuid;

use super::change::apply;
use super::read_set::ReadSet;
use super::sqlite::Backlog;
use super::unit_of_work::{ChangeContext, Ids};
use super::{Store, StoreError};
use crate::audit::{Action, Origin};
use crate::clock::Clock;
use crate::timestamp::Timestamp;
use crate::tokens::{RefusalReason, TokenRecord};

/// The minimum time between two events of a token and a reason, in milliseconds.
const INTERVAL: i64 = 60_000;

/// The maximum number of counted tokens and reasons.
const CAPACITY: usize = 4096;

/// A token and a reason.
type Key = (Uuid, RefusalReason);

/// The counts, and the events that are waiting to be recorded.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    counts: HashMap<Key, Counted>,
    /// The events, by organization.
    due: BTreeMap<(Uuid, Key), Due>,
    /// The number of refusals that were not counted.
    lost: u64,
    /// Whether the writer has the backlog.
    is_submitted: bool,
}

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

/// An event to record.
#[derive(Debug, Clone)]
struct Due {
    count: u64,
    origin: Origin,
}

impl Counted {
    /// Whether the interval is over. A clock that steps back does not prolong it.
    fn is_over(&self, now: Timestamp) -> bool {
        !(0..INTERVAL).contains(&(now.as_millis() - self.since.as_millis()))
    }
}

impl State {
    /// Makes an event due.
    fn add(&mut self, organization_id: Uuid, key: Key, event: Due) {
        let due = self.due.entry((organization_id, key)).or_insert_with(|| Due { count: 0, ..event.clone() });
        *due = Due { count: due.count + event.count, ..event };
    }

    /// Whether there is room for another token and reason.
    fn has_room(&mut self, now: Timestamp) -> bool {
        if self.counts.len() >= CAPACITY {
            self.counts.retain(|_, counted| counted.count > 0 || !counted.is_over(now));
        }
        self.counts.len() < CAPACITY && self.due.len() < CAPACITY
    }

    /// Whether the backlog has to be submitted.
    fn submit(&mut self) -> bool {
        !self.due.is_empty() && !std::mem::replace(&mut self.is_submitted, true)
    }
}

impl Refusals {
    /// Counts a refusal. Returns whether the backlog has to be submitted.
    fn count(
        &self,
        (organization_id, token_id): (Uuid, Uuid),
        reason: RefusalReason,
        origin: Origin,
        now: Timestamp,
    ) -> bool {
        let (mut state, key) = (self.lock(), (token_id, reason));
        if !state.counts.contains_key(&key) && !state.has_room(now) {
            state.lost += 1;
            warn!(%token_id, "a refusal is not counted; too many tokens are rejected");
            return false;
        }
        let before = match state.counts.entry(key) {
            Entry::Occupied(mut entry) if !entry.get().is_over(now) => {
                entry.get_mut().count += 1;
                entry.get_mut().origin = origin;
                return false;
            }
            entry => {
                let before = match &entry {
                    Entry::Occupied(entry) => entry.get().count,
                    Entry::Vacant(_) => 0,
                };
                entry.insert_entry(Counted { organization_id, since: now, count: 0, origin: origin.clone() });
                before
            }
        };
        state.add(organization_id, key, Due { count: before + 1, origin });
        state.submit()
    }

    /// Makes the counts due whose interval is over, or `all`. Returns whether the backlog has to be submitted.
    fn end_intervals(&self, now: Timestamp, all: bool) -> bool {
        let mut state = self.lock();
        let mut counts = std::mem::take(&mut state.counts);
        for (key, it) in counts.iter_mut().filter(|(_, it)| it.count > 0 && (all || it.is_over(now))) {
            let count = std::mem::take(&mut it.count);
            it.since = now;
            state.add(it.organization_id, *key, Due { count, origin: it.origin.clone() });
        }
        counts.retain(|_, it| !it.is_over(now));
        state.counts = counts;
        state.submit()
    }

    /// Returns a count that could not be recorded, for a later try.
    fn give_back(&self, organization_id: Uuid, key: Key, due: Due, now: Timestamp) {
        let Due { count, origin } = due;
        let counted = || Counted { organization_id, since: now, count: 0, origin };
        self.lock().counts.entry(key).or_insert_with(counted).count += count;
    }

    fn release(&self) {
        self.lock().is_submitted = false;
    }

    /// The number of refusals that were not counted.
    pub(super) fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Whether the writer has the backlog.
    #[cfg(test)]
    pub(super) fn is_submitted(&self) -> bool {
        self.lock().is_submitted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The backlog of refusals.
struct RefusalBacklog {
    refusals: Arc<Refusals>,
    ids: Ids,
    clock: Clock,
    /// The events of this part.
    part: Vec<((Uuid, Key), Due)>,
}

impl Backlog for RefusalBacklog {
    fn record_next(&mut self, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
        let Some(next) = self.refusals.lock().due.pop_first() else { return Ok(false) };
        let ((organization_id, (token_id, reason)), Due { count, origin }) = next.clone();
        self.part.push(next);
        let context = ChangeContext { origin, ..ChangeContext::without_caller(organization_id) };
        apply(transaction, &self.ids, &context, self.clock.now(), &ReadSet::default(), |unit| {
            unit.record(token_id, Action::Refused { reason, count });
            Ok::<_, StoreError>(())
        })?;
        Ok(true)
    }

    fn end_part(&mut self, result: Result<(), &StoreError>) -> bool {
        if let Err(error) = result {
            warn!(%error, "refusals were not recorded; they will be recorded later");
            let now = self.clock.now();
            for ((organization_id, key), due) in self.part.drain(..) {
                self.refusals.give_back(organization_id, key, due, now);
            }
        }
        self.part.clear();
        let mut state = self.refusals.lock();
        state.is_submitted = !state.due.is_empty();
        state.is_submitted
    }

    fn release(&mut self) {
        self.refusals.release();
    }
}

impl Store {
    /// Counts a refusal of a known token. It becomes an audit event in the background.
    pub fn record_refusal(&self, token: &TokenRecord, reason: RefusalReason, origin: Origin, now: Timestamp) {
        if self.refusals.count((token.organization_id, token.id), reason, origin, now) {
            self.submit_refusals();
        }
    }

    /// Records the refusals whose interval is over, or `all`.
    pub fn flush_refusals(&self, now: Timestamp, all: bool) {
        if self.refusals.end_intervals(now, all) {
            self.submit_refusals();
        }
    }

    fn submit_refusals(&self) {
        let (refusals, ids, clock) = (Arc::clone(&self.refusals), self.ids.clone(), self.clock.clone());
        if !self.writer.submit(Box::new(RefusalBacklog { refusals, ids, clock, part: Vec::new() })) {
            self.refusals.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_within_a_minute_are_one_event_with_a_count() {
        let refusals = Refusals::default();
        let at = Timestamp::from_millis;
        // The counts of the events that a refusal makes due.
        let take = || {
            let due = std::mem::take(&mut refusals.lock().due);
            due.into_iter().map(|((_, (_, reason)), due)| (reason, due.count)).collect::<Vec<_>>()
        };
        let count = |now, reason| {
            refusals.count((Uuid::nil(), Uuid::nil()), reason, Origin::default(), at(now));
            take()
        };
        let end_intervals = |now, all| {
            refusals.end_intervals(at(now), all);
            take()
        };
        let (revoked, expired) = (RefusalReason::Revoked, RefusalReason::Expired);
        assert_eq!(count(0, revoked), [(revoked, 1)]);
        assert_eq!(count(0, expired), [(expired, 1)], "each reason has its own event");
        assert_eq!(count(1, revoked), []);
        assert_eq!(count(59_999, revoked), []);
        assert_eq!(count(60_000, revoked), [(revoked, 3)], "the counted ones and this one");
        assert_eq!(count(60_001, revoked), []);
        assert_eq!(end_intervals(61_000, false), []);
        assert_eq!(end_intervals(120_000, false), [(revoked, 1)]);
        assert_eq!(end_intervals(120_001, true), []);
        assert_eq!(count(120_002, revoked), []);
        assert_eq!(end_intervals(120_003, true), [(revoked, 1)], "everything is recorded at the end");
    }

    #[test]
    fn events_that_wait_are_joined_and_submitted_once() {
        let refusals = Refusals::default();
        let count = |now| {
            let now = Timestamp::from_millis(now);
            refusals.count((Uuid::nil(), Uuid::nil()), RefusalReason::Revoked, Origin::default(), now)
        };
        assert!(count(0), "the first is submitted");
        assert!(!count(1) && !count(60_000), "the writer has the backlog");
        let counts: Vec<_> = refusals.lock().due.values().map(|due| due.count).collect();
        assert_eq!(counts, [3]);
    }

    #[test]
    fn many_refused_tokens_use_bounded_memory() {
        let refusals = Refusals::default();
        for id in 0..2 * CAPACITY as u128 {
            let ids = (Uuid::nil(), Uuid::from_u128(id));
            let _ = refusals.count(ids, RefusalReason::Revoked, Origin::default(), Timestamp::from_millis(0));
        }
        assert_eq!(refusals.lock().counts.len(), CAPACITY);
        assert_eq!(refusals.lock().due.len(), CAPACITY);
        refusals.lock().due.clear();
        let ids = (Uuid::nil(), Uuid::from_u128(u128::MAX));
        refusals.count(ids, RefusalReason::Revoked, Origin::default(), Timestamp::from_millis(INTERVAL));
        assert_eq!(refusals.lock().due.len(), 1, "finished intervals made room");
    }
}
