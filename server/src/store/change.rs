//! The primitive of all changes: read, decide, write, in one transaction.

use std::io;

use rusqlite::Transaction;

use super::read_set::ReadSet;
use super::sqlite::Lane;
use super::unit_of_work::{ChangeContext, Ids, UnitOfWork};
use super::{ChangeError, Store, StoreError, sqlite};
use crate::audit::Origin;
use crate::timestamp::Timestamp;
use crate::tokens::{Denied, TokenRecord};

/// The outcome of a transaction that is committed.
enum Outcome<T> {
    Decided(T),
    /// Only the observed expiry of the tokens is committed. The caller is present if it is the reason.
    Denied(Denied, Option<Box<TokenRecord>>, Timestamp),
}

impl Store {
    /// Makes a change: reads `reads`, lets `decide` decide on the rows, and commits its writes. A denial commits nothing but the observed
    /// expiry of the tokens that were read.
    ///
    /// `decide` has no effect outside the unit of work, because it can be called again on newer rows. Changes of callers that wait are
    /// committed together; one of the server or the operator is committed alone.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        context: ChangeContext,
        reads: ReadSet,
        decide: impl Fn(&mut UnitOfWork) -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        let (ids, clock, origin) = (self.ids.clone(), self.clock.clone(), context.origin.clone());
        let lane = Lane::Organization(context.organization_id);
        let work = move |transaction: &Transaction<'_>| {
            // The transaction has begun: a change that waited is dated and decided as if it had begun now.
            decide_at(transaction, &ids, &context, clock.now(), &reads, &decide)
        };
        let outcome = match origin.actor {
            Some(_) => self.writer.change(lane, work).await,
            None => self.transact(work).await,
        };
        match outcome? {
            Outcome::Decided(decided) => Ok(decided),
            Outcome::Denied(denied, caller, now) => {
                if let Some(caller) = caller {
                    self.record_refused_caller(&caller, origin, now);
                }
                Err(denied.into())
            }
        }
    }

    /// As [`change`](Self::change), for the operator. `before_commit` is called when everything is written and nothing is committed; its
    /// result is dropped if the commit fails, so it can undo its effect.
    pub(super) async fn change_with<T: Send + 'static, P: Send + 'static>(
        &self,
        context: ChangeContext,
        reads: ReadSet,
        decide: impl Fn(&mut UnitOfWork) -> Result<T, ChangeError> + Send + 'static,
        before_commit: impl FnOnce(&T) -> io::Result<P> + Send + 'static,
    ) -> Result<(T, P), ChangeError> {
        let (ids, clock) = (self.ids.clone(), self.clock.clone());
        self.transact(move |transaction| {
            let decided = apply(transaction, &ids, &context, clock.now(), &reads, decide)?.ok_or(Denied::NotFound)?;
            let prepared = before_commit(&decided).map_err(StoreError::BeforeCommit)?;
            Ok((decided, prepared))
        })
        .await
    }

    /// Records the refusal of a caller that was active when its request began.
    fn record_refused_caller(&self, caller: &TokenRecord, origin: Origin, now: Timestamp) {
        if let Some(reason) = caller.refusal_reason(now) {
            self.record_refusal(caller, reason, Origin { actor: None, ..origin }, now);
        }
    }
}

/// Reads, decides and writes within a transaction; after a denial, records the observed expiry of the tokens that were read.
fn decide_at<T>(
    transaction: &Transaction<'_>,
    ids: &Ids,
    context: &ChangeContext,
    now: Timestamp,
    reads: &ReadSet,
    decide: impl Fn(&mut UnitOfWork) -> Result<T, ChangeError>,
) -> Result<Outcome<T>, ChangeError> {
    match apply(transaction, ids, context, now, reads, decide) {
        Err(ChangeError::Denied(denied @ (Denied::Expired | Denied::Rotated | Denied::CallerInactive))) => {
            let actor = context.origin.actor.filter(|_| denied == Denied::CallerInactive);
            let find = |id| sqlite::tokens::find(transaction, context.organization_id, id);
            let caller = actor.map(find).transpose()?.flatten();
            sqlite::mark_expired(transaction, context.organization_id, reads, now)?;
            Ok(Outcome::Denied(denied, caller.map(Box::new), now))
        }
        decided => Ok(Outcome::Decided(decided?.ok_or(Denied::NotFound)?)),
    }
}

/// Reads, decides and writes within a transaction. Returns `None` if the organization does not exist.
pub(super) fn apply<T, E: From<StoreError>>(
    transaction: &Transaction<'_>,
    ids: &Ids,
    context: &ChangeContext,
    now: Timestamp,
    reads: &ReadSet,
    decide: impl Fn(&mut UnitOfWork) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let Some(rows) = sqlite::read(transaction, context.organization_id, now, reads)? else { return Ok(None) };
    let mut unit = UnitOfWork::new(context.clone(), now, ids.clone(), rows);
    let decided = decide(&mut unit)?;
    sqlite::write(transaction, context.organization_id, now, &unit.into_writes())?;
    Ok(Some(decided))
}
