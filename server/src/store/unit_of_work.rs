//! A unit of work: the rows that a change has read, and the writes that it has decided so far.
//!
//! A change decides on it without the database, and can decide again on newer rows. Apart from the source of ids, it is plain data.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::{ContextV7, Uuid};

use super::walk::WalkBatch;
use crate::audit::{Action, ChainHead, Event, NewEvent, Origin};
use crate::idempotency::{Fingerprint, KeyHash, Sealed};
use crate::timestamp::Timestamp;
use crate::tokens::{Actor, Denied, HashedToken, Limits, NewToken, Scopes, State, TokenRecord};

/// The context of a change: the organization, and the origin of the request.
#[derive(Debug, Clone)]
pub struct ChangeContext {
    /// The organization.
    pub organization_id: Uuid,
    /// The caller and its address.
    pub origin: Origin,
    /// The scopes that the caller needs. It may have been narrowed since it was authorized.
    pub required_scopes: &'static [&'static str],
}

impl ChangeContext {
    /// The context of a change that no token performs.
    #[must_use]
    pub fn without_caller(organization_id: Uuid) -> Self {
        Self { organization_id, origin: Origin::default(), required_scopes: &[] }
    }
}

/// A stored response to an idempotent request.
#[derive(Debug, Clone)]
pub struct IdempotencyRecord {
    /// The fingerprint of the request.
    pub request: Fingerprint,
    /// The encrypted response.
    pub sealed: Sealed,
}

/// A stored response, and the scopes that its caller has now.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The stored response.
    pub record: IdempotencyRecord,
    /// The caller's present scopes.
    pub scopes: Scopes,
}

/// A response to store for an idempotent request.
#[derive(Debug, Clone)]
pub(super) struct NewIdempotencyRecord {
    pub(super) caller: Uuid,
    pub(super) key: KeyHash,
    pub(super) record: IdempotencyRecord,
}

/// The source of ids. Ids are assigned within a change, so their order is the order of commits, and they do not go back when the
/// clock does. Those of tokens do not go back after a restart either, because lists continue after an id.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids(Arc<Mutex<IdSource>>);

#[derive(Debug)]
struct IdSource {
    context: ContextV7,
    /// The organizations whose tokens all have earlier ids than the next one.
    passed: HashSet<Uuid>,
}

impl Default for IdSource {
    fn default() -> Self {
        Self { context: ContextV7::new(), passed: HashSet::new() }
    }
}

impl Ids {
    pub(super) fn next(&self, now: Timestamp) -> Uuid {
        self.lock().next(now)
    }

    /// Whether the next id is after those of all tokens of the organization. Otherwise, a change has to read the newest one.
    pub(super) fn are_after(&self, organization_id: Uuid) -> bool {
        self.lock().passed.contains(&organization_id)
    }

    /// An id of a token, after the newest one if it was read. That can have the time of a clock that was ahead.
    fn next_of_token(&self, organization_id: Uuid, newest: Option<Uuid>, now: Timestamp) -> Uuid {
        let mut source = self.lock();
        source.passed.insert(organization_id);
        let id = source.next(now);
        let ahead = newest.filter(|newest| *newest >= id).and_then(|newest| newest.get_timestamp());
        let Some((seconds, nanos)) = ahead.map(|time| time.to_unix()) else { return id };
        let millis = seconds.saturating_mul(1000) + u64::from(nanos / 1_000_000) + 1;
        source.next(Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)))
    }

    fn lock(&self) -> MutexGuard<'_, IdSource> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IdSource {
    fn next(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
        Uuid::new_v7(uuid::Timestamp::from_unix(&self.context, millis / 1000, nanos))
    }
}

/// The rows of a [`ReadSet`](super::read_set::ReadSet).
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) chain_head: ChainHead,
    pub(super) tokens: Vec<TokenRecord>,
    pub(super) idempotency: Option<IdempotencyRecord>,
    pub(super) counted: u32,
    pub(super) predecessor: Option<TokenRecord>,
    pub(super) has_children: bool,
    pub(super) newest_id: Option<Uuid>,
    pub(super) walk: WalkBatch,
    pub(super) purgeable: Vec<TokenRecord>,
    pub(super) outdated: Vec<(Uuid, KeyHash)>,
}

/// The writes of a change, in the order in which they have to be made.
#[derive(Debug, Default)]
pub(super) struct WriteSet {
    pub(super) inserted: Vec<(TokenRecord, HashedToken)>,
    pub(super) updated: BTreeMap<Uuid, TokenRecord>,
    pub(super) deleted: Vec<Uuid>,
    /// Callers whose idempotency records are deleted.
    pub(super) deleted_records_of: Vec<Uuid>,
    /// Idempotency records to delete, by caller and key.
    pub(super) deleted_records: Vec<(Uuid, KeyHash)>,
    pub(super) idempotency: Option<NewIdempotencyRecord>,
    pub(super) events: Vec<Event>,
}

/// The rows of a change, and its writes so far.
#[derive(Debug)]
pub(super) struct UnitOfWork {
    context: ChangeContext,
    /// The time of the change: when its transaction had begun.
    now: Timestamp,
    ids: Ids,
    rows: Rows,
    writes: WriteSet,
}

impl UnitOfWork {
    pub(super) fn new(context: ChangeContext, now: Timestamp, ids: Ids, rows: Rows) -> Self {
        Self { context, now, ids, rows, writes: WriteSet::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The caller as it is now. It may have been revoked or narrowed since it was authenticated.
    pub(super) fn caller(&self) -> Result<Actor, Denied> {
        let id = self.context.origin.actor.ok_or(Denied::CallerInactive)?;
        let record = self.token(id).map_err(|_| Denied::CallerInactive)?;
        let caller = Actor::of(record.clone(), self.now()).map_err(|_| Denied::CallerInactive)?;
        let required = self.context.required_scopes;
        let allowed = required.iter().all(|scope| caller.record().scopes.covers(scope));
        if allowed { Ok(caller) } else { Err(Denied::MissingScopes(required)) }
    }

    /// A token of the read set.
    pub(super) fn token(&self, id: Uuid) -> Result<&TokenRecord, Denied> {
        let read = || self.rows.tokens.iter().find(|record| record.id == id);
        self.writes.updated.get(&id).or_else(read).ok_or(Denied::NotFound)
    }

    /// A token with the updates that were decided so far.
    pub(super) fn updated(&self, record: TokenRecord) -> TokenRecord {
        self.writes.updated.get(&record.id).cloned().unwrap_or(record)
    }

    /// Whether the target created tokens that are not marked.
    pub(super) fn has_children(&self) -> bool {
        self.rows.has_children
    }

    /// The steps of a walk.
    pub(super) fn walk(&self) -> &WalkBatch {
        &self.rows.walk
    }

    /// Takes the steps of a walk.
    pub(super) fn take_walk(&mut self) -> WalkBatch {
        std::mem::take(&mut self.rows.walk)
    }

    pub(super) fn idempotency_record(&self) -> Option<&IdempotencyRecord> {
        self.rows.idempotency.as_ref()
    }

    /// The tokens to purge.
    pub(super) fn purgeable(&self) -> &[TokenRecord] {
        &self.rows.purgeable
    }

    /// The idempotency records to purge.
    pub(super) fn outdated(&self) -> &[(Uuid, KeyHash)] {
        &self.rows.outdated
    }

    /// Adds a token under the next id.
    pub(super) fn insert(&mut self, new: NewToken) -> TokenRecord {
        let hash = new.hash;
        let id = self.ids.next_of_token(self.context.organization_id, self.rows.newest_id, self.now);
        let record = new.into_record(id, self.now);
        self.writes.inserted.push((record.clone(), hash));
        record
    }

    /// Replaces a token of the read set.
    pub(super) fn update(&mut self, record: TokenRecord) {
        self.writes.updated.insert(record.id, record);
    }

    /// Deletes a token and its idempotency records.
    pub(super) fn delete(&mut self, id: Uuid) {
        self.writes.deleted.push(id);
        self.delete_idempotency_records_of(id);
    }

    /// Deletes the idempotency records of a caller.
    pub(super) fn delete_idempotency_records_of(&mut self, caller: Uuid) {
        self.writes.deleted_records_of.push(caller);
    }

    /// Deletes idempotency records.
    pub(super) fn delete_idempotency_records(&mut self, records: Vec<(Uuid, KeyHash)>) {
        self.writes.deleted_records.extend(records);
    }

    /// Stores the response to the caller's idempotent request.
    pub(super) fn insert_idempotency_record(&mut self, key: KeyHash, record: IdempotencyRecord) -> Result<(), Denied> {
        let caller = self.context.origin.actor.ok_or(Denied::CallerInactive)?;
        self.writes.idempotency = Some(NewIdempotencyRecord { caller, key, record });
        Ok(())
    }

    /// Appends an event about a token to the chain.
    pub(super) fn record(&mut self, token_id: Uuid, action: Action) {
        let ChangeContext { organization_id, origin, .. } = self.context.clone();
        let event = NewEvent { organization_id, token_id, occurred_at: self.now, action, origin };
        let head = self.writes.events.last().map_or(self.rows.chain_head, ChainHead::of);
        let event = head.append(event, self.next_id());
        self.writes.events.push(event);
    }

    /// The predecessor of the target, if it is active: in its grace period.
    pub(super) fn active_predecessor(&self) -> Option<&TokenRecord> {
        self.rows.predecessor.as_ref().filter(|record| record.state(self.now()) == State::Active)
    }

    /// Requires that one more token may count toward the organization's limit.
    pub(super) fn require_room(&self, limits: Limits) -> Result<(), Denied> {
        let full = limits.tokens.is_some_and(|most| self.rows.counted >= most);
        if full { Err(Denied::LimitReached) } else { Ok(()) }
    }

    pub(super) fn into_writes(self) -> WriteSet {
        self.writes
    }

    fn next_id(&self) -> Uuid {
        self.ids.next(self.now)
    }
}
