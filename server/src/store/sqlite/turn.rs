//! The deadline of a write.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::store::StoreError;

/// The progress of a write, which decides a race between its commit and its deadline.
#[derive(Debug)]
pub(in crate::store) struct Turn {
    begun: Instant,
    deadline: Instant,
    state: AtomicU8,
}

const WAITING: u8 = 0;
const COMMITTING: u8 = 1;
const ABANDONED: u8 = 2;

impl Turn {
    /// The turn of a write that has `timeout` from now on.
    pub(super) fn new(timeout: Duration) -> Self {
        let begun = Instant::now();
        Self { begun, deadline: begun + timeout, state: AtomicU8::new(WAITING) }
    }

    /// The time since it waits.
    pub(super) fn waited(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The time until which its commit has to begin.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Runs `work` in a transaction that can write, and commits if it succeeds. The transaction begins and its commit begins before the
    /// deadline.
    pub(in crate::store) fn transact<T, E: From<StoreError>>(
        &self,
        connection: &mut Connection,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.wait_for_locks(connection)?;
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(StoreError::from)?;
        let result = work(&transaction)?;
        self.begin_commit()?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Runs a job that commits on its own. When it has begun, the deadline has no more effect.
    pub(in crate::store) fn run<T, E: From<StoreError>>(
        &self,
        connection: &mut Connection,
        job: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.wait_for_locks(connection)?;
        self.begin_commit()?;
        job(connection)
    }

    /// Begins the transaction of a batch whose first change this is. It begins before the deadline.
    pub(super) fn begin<'c>(&self, connection: &'c mut Connection) -> Result<Transaction<'c>, StoreError> {
        self.wait_for_locks(connection)?;
        Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Lets the connection wait for a write of another program until the deadline.
    fn wait_for_locks(&self, connection: &Connection) -> Result<(), StoreError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(StoreError::Busy) } else { Ok(connection.busy_timeout(left)?) }
    }

    /// Begins the commit. Fails after the deadline.
    pub(super) fn begin_commit(&self) -> Result<(), StoreError> {
        let in_time = Instant::now() < self.deadline;
        if in_time && self.proceed(WAITING, COMMITTING) { Ok(()) } else { Err(StoreError::Busy) }
    }

    /// Takes the begin of the commit back, because the transaction was rolled back. The caller waits for the outcome, or has time left.
    pub(super) fn take_back_commit(&self) {
        self.proceed(COMMITTING, WAITING);
    }

    /// Gives the write up, unless its commit has begun. Returns whether it was given up.
    pub(super) fn abandon(&self) -> bool {
        self.proceed(WAITING, ABANDONED)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.state.load(Ordering::Acquire) == ABANDONED
    }

    fn proceed(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_the_commit_or_the_deadline_decides() {
        let turn = || Turn::new(Duration::from_secs(60));
        let committed = turn();
        assert!(committed.begin_commit().is_ok() && !committed.abandon());
        let abandoned = turn();
        assert!(abandoned.abandon() && abandoned.is_abandoned() && abandoned.begin_commit().is_err());
        let late = Turn::new(Duration::ZERO);
        assert!(late.begin_commit().is_err() && late.abandon());
    }

    #[test]
    fn commit_that_was_taken_back_begins_again_or_is_abandoned() {
        let turn = || Turn::new(Duration::from_secs(60));
        let again = turn();
        again.begin_commit().unwrap();
        again.take_back_commit();
        assert!(again.begin_commit().is_ok() && !again.abandon());
        let abandoned = turn();
        abandoned.begin_commit().unwrap();
        abandoned.take_back_commit();
        assert!(abandoned.abandon() && abandoned.begin_commit().is_err());
        let given_up = turn();
        given_up.abandon();
        given_up.take_back_commit();
        assert!(given_up.is_abandoned(), "it stays so");
    }
}
