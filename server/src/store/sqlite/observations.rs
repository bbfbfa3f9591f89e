//! The observations that wait for the writer: uses and refusals of tokens. Nothing waits for them.
//!
//! They are recorded in small parts, when no other write waits or at the end of a transaction that is committed anyway. Together they take
//! a tenth of the writer's time: after a part, the next one waits at least nine times as long as that part took.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tracing::error;

use super::batch::Guard;
use crate::store::StoreError;

/// The pause after a part, as a multiple of its time.
const PAUSE: u32 = 9;

/// The minimum pause after a part of a transaction of its own, if more observations wait: each commit makes the readers' page caches empty.
const PAUSE_WITHIN_MANY: Duration = Duration::from_millis(250);

/// The pause after a part that was not recorded.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// The limits of a part in a transaction of its own, and of one that is appended to changes.
const ALONE: Part = Part { count: 512, time: Duration::from_millis(5) };
const APPENDED: Part = Part { count: 8, time: Duration::from_micros(200) };

#[derive(Clone, Copy)]
struct Part {
    count: usize,
    time: Duration,
}

/// Observations of a kind.
pub(in crate::store) trait Backlog: Send {
    /// Records the next observation. Returns whether there was one.
    fn record_next(&mut self, transaction: &Transaction<'_>) -> Result<bool, StoreError>;
    /// Ends a part, with the result of its transaction. Returns whether observations are left; otherwise, the next one submits the
    /// backlog again.
    fn end_part(&mut self, result: Result<(), &StoreError>) -> bool;
    /// Lets the next observation submit the backlog again: the writer did not take it.
    fn release(&mut self);
}

/// The backlogs that wait.
#[derive(Default)]
pub(super) struct Observations {
    waiting: VecDeque<Box<dyn Backlog>>,
    /// The time at which the next part can begin.
    due: Option<Instant>,
    /// The time that the first backlog took of a transaction that has not ended.
    open_part: Option<Duration>,
}

impl Observations {
    pub(super) fn add(&mut self, backlog: Box<dyn Backlog>) {
        self.waiting.push_back(backlog);
    }

    /// The time at which the next part can begin, if observations wait.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| self.due.unwrap_or_else(Instant::now))
    }

    /// Appends a part to a transaction, if one is due. Returns whether the transaction can be committed.
    pub(super) fn append(&mut self, transaction: &Transaction<'_>) -> bool {
        if self.due().is_none_or(|due| due > Instant::now()) {
            return true;
        }
        let recorded = self.record(transaction, APPENDED);
        if let Err(error) = &recorded {
            self.settle(Err(error));
        }
        recorded.is_ok()
    }

    /// Ends the appended part with the result of its transaction. Returns whether there was one.
    pub(super) fn settle(&mut self, result: Result<(), &StoreError>) -> bool {
        let Some(took) = self.open_part.take() else { return false };
        let Some(mut backlog) = self.waiting.pop_front() else { return false };
        if backlog.end_part(result) {
            self.waiting.push_back(backlog);
        }
        let pause = if result.is_ok() { took * PAUSE } else { PAUSE_AFTER_FAILURE.max(took * PAUSE) };
        self.due = Some(Instant::now() + pause);
        true
    }

    /// Records a part in a transaction of its own. Returns whether it was committed.
    pub(super) fn record_part(&mut self, connection: &mut Connection, guard: &dyn Guard) -> bool {
        let begun = Instant::now();
        let recorded = guard.verify().and_then(|()| transact_at_once(connection, |it| self.record(it, ALONE)));
        self.open_part = Some(begun.elapsed());
        self.settle(recorded.as_ref().copied());
        if !self.waiting.is_empty() {
            self.due = self.due.max(Some(Instant::now() + PAUSE_WITHIN_MANY));
        }
        if let Err(error) = &recorded {
            guard.react(connection, error);
        }
        recorded.is_ok()
    }

    /// Records everything, at the end of the store. What cannot be recorded is lost.
    pub(super) fn record_all(&mut self, connection: &mut Connection, guard: &dyn Guard) {
        while !self.waiting.is_empty() && self.record_part(connection, guard) {}
    }

    fn record(&mut self, transaction: &Transaction<'_>, part: Part) -> Result<(), StoreError> {
        let begun = Instant::now();
        let Some(backlog) = self.waiting.front_mut() else { return Ok(()) };
        let record = || {
            for _ in 0..part.count {
                if !backlog.record_next(transaction)? || begun.elapsed() >= part.time {
                    break;
                }
            }
            Ok(())
        };
        let recorded = panic::catch_unwind(AssertUnwindSafe(record)).unwrap_or_else(|_| {
            error!("the recording of observations panicked");
            Err(StoreError::Stopped)
        });
        self.open_part = Some(begun.elapsed());
        recorded
    }
}

/// Runs `work` in a transaction. It does not wait for a write of another program.
fn transact_at_once(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::ZERO)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    work(&transaction)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::batch::tests::NoFiles;
    use super::*;

    /// Counted observations, and the results of their parts.
    pub(in crate::store::sqlite) struct Counted {
        pub(in crate::store::sqlite) left: usize,
        pub(in crate::store::sqlite) fails: bool,
        pub(in crate::store::sqlite) parts: Arc<Mutex<Vec<bool>>>,
    }

    impl Backlog for Counted {
        fn record_next(&mut self, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
            if self.left == 0 {
                return Ok(false);
            }
            self.left -= 1;
            transaction.execute("INSERT INTO observed VALUES (1)", [])?;
            if self.fails { Err(StoreError::Corrupt("test")) } else { Ok(true) }
        }

        fn end_part(&mut self, result: Result<(), &StoreError>) -> bool {
            self.parts.lock().unwrap().push(result.is_ok());
            self.left > 0
        }

        fn release(&mut self) {}
    }

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE observed (x)").unwrap();
        connection
    }

    fn count(connection: &Connection) -> usize {
        let count: i64 = connection.query_row("SELECT count(*) FROM observed", [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    #[test]
    fn part_is_followed_by_a_pause() {
        let (mut connection, mut observations) = (database(), Observations::default());
        assert_eq!(observations.due(), None, "nothing waits");
        let parts = Arc::default();
        observations.add(Box::new(Counted { left: 1000, fails: false, parts: Arc::clone(&parts) }));
        assert!(observations.due().is_some_and(|due| due <= Instant::now()), "the first is recorded promptly");
        let begun = Instant::now();
        assert!(observations.record_part(&mut connection, &NoFiles));
        let took = begun.elapsed();
        let first = count(&connection);
        assert!((1..=ALONE.count).contains(&first), "{first}");
        let due = observations.due().unwrap();
        let longest = ((PAUSE + 1) * took).max(took + PAUSE_WITHIN_MANY) + Duration::from_millis(1);
        assert!(due > begun + PAUSE_WITHIN_MANY && due <= begun + longest, "{took:?}");
        // A transaction of changes carries a few, not before the pause is over.
        let append = |observations: &mut Observations, connection: &mut Connection| {
            let transaction = connection.transaction().unwrap();
            assert!(observations.append(&transaction));
            transaction.commit().unwrap();
            observations.settle(Ok(()));
        };
        observations.due = Some(Instant::now() + Duration::from_secs(60));
        append(&mut observations, &mut connection);
        assert_eq!(count(&connection), first);
        observations.due = None;
        append(&mut observations, &mut connection);
        assert!((1..=APPENDED.count).contains(&(count(&connection) - first)));
        observations.record_all(&mut connection, &NoFiles);
        assert_eq!((count(&connection), observations.due()), (1000, None));
        assert!(parts.lock().unwrap().iter().all(|committed| *committed));
    }

    #[test]
    fn part_that_fails_is_rolled_back_and_the_next_waits() {
        let (mut connection, mut observations, parts) = (database(), Observations::default(), Arc::default());
        observations.add(Box::new(Counted { left: 2, fails: true, parts: Arc::clone(&parts) }));
        let begun = Instant::now();
        assert!(!observations.record_part(&mut connection, &NoFiles));
        assert_eq!((count(&connection), &*parts.lock().unwrap()), (0, &vec![false]));
        assert!(observations.due().is_some_and(|due| due >= begun + PAUSE_AFTER_FAILURE));
        observations.record_all(&mut connection, &NoFiles);
        assert_eq!(parts.lock().unwrap().len(), 2, "the end waits for none");
    }
}
