//! The primitive of all changes: read, decide, write, in one transaction.

use std::io;

use rusqlite::Transaction;

use super::read_set::ReadSet;
use super::unit_of_work::{ChangeContext, Ids, UnitOfWork};
use super::{ChangeError, Store, StoreError, sqlite};
use crate::tokens::Denied;

impl Store {
    /// Makes a change: reads `reads`, lets `decide` decide on the rows, and commits its writes. A denial commits nothing but the observed
    /// expiry of the tokens that were read.
    ///
    /// `decide` has no effect outside the unit of work, because it can be called again on newer rows.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        context: ChangeContext,
        reads: ReadSet,
        decide: impl Fn(&mut UnitOfWork) -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        self.change_with(context, reads, decide, |_| Ok(())).await.map(|(decided, ())| decided)
    }

    /// As [`change`](Self::change). `before_commit` is called when everything is written and nothing is committed; its result is
    /// dropped if the commit fails, so it can undo its effect.
    pub(super) async fn change_with<T: Send + 'static, P: Send + 'static>(
        &self,
        context: ChangeContext,
        reads: ReadSet,
        decide: impl Fn(&mut UnitOfWork) -> Result<T, ChangeError> + Send + 'static,
        before_commit: impl FnOnce(&T) -> io::Result<P> + Send + 'static,
    ) -> Result<(T, P), ChangeError> {
        let ids = self.ids.clone();
        self.write(move |connection| {
            let transaction = sqlite::begin(connection)?;
            let decided = match apply(&transaction, &ids, &context, &reads, decide) {
                Err(error @ ChangeError::Denied(Denied::Expired | Denied::Rotated | Denied::CallerInactive)) => {
                    sqlite::mark_expired(&transaction, &context, &reads)?;
                    transaction.commit().map_err(StoreError::from)?;
                    return Err(error);
                }
                decided => decided?.ok_or(Denied::NotFound)?,
            };
            let prepared = before_commit(&decided).map_err(StoreError::BeforeCommit)?;
            transaction.commit().map_err(StoreError::from)?;
            Ok((decided, prepared))
        })
        .await
    }
}

/// Reads, decides and writes within a transaction. Returns `None` if the organization does not exist.
pub(super) fn apply<T, E: From<StoreError>>(
    transaction: &Transaction<'_>,
    ids: &Ids,
    context: &ChangeContext,
    reads: &ReadSet,
    decide: impl Fn(&mut UnitOfWork) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let Some(rows) = sqlite::read(transaction, context, reads)? else { return Ok(None) };
    let mut unit = UnitOfWork::new(context.clone(), ids.clone(), rows);
    let decided = decide(&mut unit)?;
    sqlite::write(transaction, context, &unit.into_writes())?;
    Ok(Some(decided))
}
