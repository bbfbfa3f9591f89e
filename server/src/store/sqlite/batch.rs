//! Group commit: changes that wait are made in one transaction.
//!
//! Each change runs on the state that the ones before it left, and is answered after the commit. No change waits for others to come. A
//! refused change has written nothing, so no change needs a savepoint. If a change fails after it has written, or the commit fails, the
//! transaction is rolled back and its changes run again, each in a transaction of its own: one that cannot be made touches no other.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;
use tracing::error;

use super::observations::Observations;
use super::turn::Turn;
use super::writer_metrics::WriterMetrics;
use crate::store::StoreError;
use crate::store::error::AsStoreError;

/// The maximum number of changes in a transaction.
const CHANGES: usize = 128;

/// The time after which a transaction takes no further change, so that the first one is not delayed for long.
pub(super) const WORK: Duration = Duration::from_millis(4);

/// The checks of the files around a transaction.
pub(in crate::store) trait Guard: Send + Sync {
    /// Fails if a write would be lost.
    fn verify(&self) -> Result<(), StoreError>;
    /// Reacts to a failure by the disk or the files, outside of a transaction.
    fn react(&self, connection: &Connection, error: &StoreError);
}

/// A change that waits for its turn.
pub(super) trait Change: Send {
    /// Makes the change within a transaction, and begins its commit. Returns whether it succeeded.
    fn run(&mut self, transaction: &Transaction<'_>) -> bool;
    /// Whether it has run and panicked.
    fn has_panicked(&self) -> bool;
    /// Whether it has run and succeeded.
    fn has_succeeded(&self) -> bool;
    /// The error of the store with which it ended.
    fn error(&self) -> Option<&StoreError>;
    /// Ends the change with an error. It is not made.
    fn fail(&mut self, error: StoreError);
    /// Prepares another run, after the transaction was rolled back.
    fn renew(&mut self);
    /// Tells the caller the result.
    fn answer(self: Box<Self>);
    fn turn(&self) -> &Turn;
}

/// A change that runs `work`, and its waiting caller.
pub(super) struct Waiting<T, E, W> {
    turn: Arc<Turn>,
    work: W,
    result: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl<T, E, W> Waiting<T, E, W> {
    pub(super) fn new(turn: Arc<Turn>, work: W, caller: oneshot::Sender<Result<T, E>>) -> Self {
        Self { turn, work, result: None, caller }
    }
}

impl<T, E, W> Change for Waiting<T, E, W>
where
    T: Send,
    E: From<StoreError> + AsStoreError + Send,
    W: FnMut(&Transaction<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>) -> bool {
        let result = (self.work)(transaction).and_then(|made| {
            self.turn.begin_commit()?;
            Ok(made)
        });
        self.result.insert(result).is_ok()
    }

    fn has_panicked(&self) -> bool {
        self.result.is_none()
    }

    fn has_succeeded(&self) -> bool {
        self.result.as_ref().is_some_and(Result::is_ok)
    }

    fn error(&self) -> Option<&StoreError> {
        self.result.as_ref()?.as_ref().err()?.as_store_error()
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn renew(&mut self) {
        self.result = None;
        self.turn.take_back_commit();
    }

    fn answer(self: Box<Self>) {
        let Self { result, caller, .. } = *self;
        // The send fails if the caller was dropped; the change is made all the same. Without a result, the caller is dropped.
        let _ = result.map(|result| caller.send(result));
    }

    fn turn(&self) -> &Turn {
        &self.turn
    }
}

type Changes = Vec<Box<dyn Change>>;

/// The place where changes are made together.
pub(super) struct Batch<'w> {
    pub(super) connection: &'w mut Connection,
    pub(super) guard: &'w dyn Guard,
    pub(super) metrics: &'w WriterMetrics,
    /// The time after which a transaction takes no further change.
    pub(super) work: Duration,
}

impl Batch<'_> {
    /// Makes `first` and the changes that `next` returns, in one transaction, and answers them. Observations that are due are appended.
    pub(super) fn make(
        &mut self,
        first: Box<dyn Change>,
        next: impl FnMut() -> Option<Box<dyn Change>>,
        observations: &mut Observations,
    ) {
        let mut changes = vec![first];
        match self.attempt(&mut changes, next, observations) {
            Ok(true) => {}
            // It is alone, so it would fail again.
            Ok(false) if changes.len() == 1 && !changes[0].has_succeeded() => {}
            Err(error) if changes.len() == 1 => changes[0].fail(error),
            Ok(false) | Err(_) => return self.make_each(changes),
        }
        self.answer(changes);
    }

    /// Makes each change in a transaction of its own, and answers it. One that has panicked does not run again.
    fn make_each(&mut self, changes: Changes) {
        for mut change in changes.into_iter().filter(|change| !change.has_panicked()) {
            change.renew();
            let mut alone = vec![change];
            match self.attempt(&mut alone, || None, &mut Observations::default()) {
                Ok(true) => {}
                Ok(false) if !alone[0].has_succeeded() => {}
                // SQLite rolled the transaction back, and the change has not noticed it.
                Ok(false) => alone[0].fail(StoreError::Stopped),
                Err(error) => alone[0].fail(error),
            }
            self.answer(alone);
        }
    }

    /// Runs changes in a transaction, and commits it if one has succeeded. Returns whether all that have succeeded are made; otherwise,
    /// none is.
    fn attempt(
        &mut self,
        changes: &mut Changes,
        mut next: impl FnMut() -> Option<Box<dyn Change>>,
        observations: &mut Observations,
    ) -> Result<bool, StoreError> {
        self.guard.verify()?;
        let transaction = changes[0].turn().begin(self.connection)?;
        let (begun, mut ran, mut succeeded) = (Instant::now(), 0, 0);
        while let Some(change) = changes.get_mut(ran) {
            match run(change.as_mut(), &transaction) {
                Run::Succeeded => succeeded += 1,
                Run::Refused => {}
                Run::Broken => return Ok(false),
            }
            ran += 1;
            if ran < CHANGES && begun.elapsed() < self.work {
                changes.extend(next());
            }
        }
        if succeeded == 0 {
            return Ok(true);
        }
        if !observations.append(&transaction) {
            return Ok(false);
        }
        let begun = Instant::now();
        let committed = transaction.commit().map_err(StoreError::from);
        self.metrics.observe_commit(begun.elapsed());
        if committed.is_ok() {
            self.metrics.observe_changes(succeeded);
        }
        let has_carried = observations.settle(committed.as_ref().copied());
        match committed {
            // It may succeed without the observations.
            Err(_) if has_carried => Ok(false),
            committed => committed.map(|()| true),
        }
    }

    fn answer(&self, changes: Changes) {
        for change in changes {
            if let Some(error) = change.error() {
                self.guard.react(self.connection, error);
            }
            change.answer();
        }
    }
}

enum Run {
    Succeeded,
    /// It has written nothing.
    Refused,
    /// It failed after it had written, or SQLite rolled the transaction back.
    Broken,
}

fn run(change: &mut dyn Change, transaction: &Transaction<'_>) -> Run {
    let before = transaction.total_changes();
    let succeeded = panic::catch_unwind(AssertUnwindSafe(|| change.run(transaction))).unwrap_or_else(|_| {
        error!("a change panicked");
        false
    });
    if transaction.is_autocommit() || !succeeded && transaction.total_changes() != before {
        Run::Broken
    } else if succeeded {
        Run::Succeeded
    } else {
        Run::Refused
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::observations::tests::Counted;
    use super::*;

    /// Files that are always in order.
    pub(in crate::store::sqlite) struct NoFiles;

    impl Guard for NoFiles {
        fn verify(&self) -> Result<(), StoreError> {
            Ok(())
        }

        fn react(&self, _: &Connection, _: &StoreError) {}
    }

    fn make(
        connection: &mut Connection,
        first: Box<dyn Change>,
        next: impl FnMut() -> Option<Box<dyn Change>>,
        observations: &mut Observations,
        work: Duration,
    ) {
        let metrics = WriterMetrics::default();
        Batch { connection, guard: &NoFiles, metrics: &metrics, work }.make(first, next, observations);
    }

    /// The time of a transaction that no busy machine reaches.
    const LONG: Duration = Duration::from_secs(60);

    /// A database that counts commits. The first `failing` commits fail.
    struct Database {
        connection: Connection,
        commits: Arc<AtomicUsize>,
        work: Duration,
    }

    impl Database {
        fn new(failing: usize) -> Self {
            let mut connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE TABLE t (x UNIQUE); CREATE TABLE observed (x)").unwrap();
            let commits = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&commits);
            connection.commit_hook(Some(move || count.fetch_add(1, Ordering::SeqCst) < failing)).unwrap();
            Self { connection, commits, work: LONG }
        }

        /// Makes the changes as if they had waited together. Returns the rows and the number of tried commits.
        fn make(&mut self, changes: impl IntoIterator<Item = Box<dyn Change>>) -> (Vec<i64>, usize) {
            let mut changes = changes.into_iter();
            let first = changes.next().unwrap();
            make(&mut self.connection, first, || changes.next(), &mut Observations::default(), self.work);
            assert!(self.connection.is_autocommit(), "the transaction has ended");
            let mut statement = self.connection.prepare("SELECT x FROM t ORDER BY rowid").unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap);
            (rows.collect(), self.commits.load(Ordering::SeqCst))
        }
    }

    type Caller = oneshot::Receiver<Result<i64, StoreError>>;

    fn change_of(
        turn: Turn,
        work: impl FnMut(&Transaction<'_>) -> Result<i64, StoreError> + Send + 'static,
    ) -> (Box<dyn Change>, Caller) {
        let (sender, caller) = oneshot::channel();
        (Box::new(Waiting::new(Arc::new(turn), work, sender)), caller)
    }

    fn change(
        work: impl FnMut(&Transaction<'_>) -> Result<i64, StoreError> + Send + 'static,
    ) -> (Box<dyn Change>, Caller) {
        change_of(Turn::new(Duration::from_secs(60)), work)
    }

    fn write(transaction: &Transaction<'_>, row: i64) -> Result<i64, StoreError> {
        transaction.execute("INSERT INTO t VALUES (?)", [row])?;
        Ok(row)
    }

    fn insert(row: i64) -> (Box<dyn Change>, Caller) {
        change(move |transaction| write(transaction, row))
    }

    fn outcomes(callers: impl IntoIterator<Item = Caller>) -> Vec<Option<i64>> {
        callers.into_iter().map(|mut caller| caller.try_recv().unwrap_or(Err(StoreError::Stopped)).ok()).collect()
    }

    #[test]
    fn changes_that_wait_are_one_commit_and_see_each_other() {
        let sum = || {
            change(|transaction| {
                let sum = transaction.query_row("SELECT coalesce(sum(x), 0) FROM t", [], |row| row.get::<_, i64>(0))?;
                write(transaction, sum + 1)
            })
        };
        let (changes, callers): (Vec<_>, Vec<_>) = (0..4).map(|_| sum()).unzip();
        assert_eq!(Database::new(0).make(changes), (vec![1, 2, 4, 8], 1));
        assert_eq!(outcomes(callers), [Some(1), Some(2), Some(4), Some(8)]);
    }

    #[test]
    fn batch_is_bounded() {
        let mut database = Database::new(0);
        let (changes, callers): (Vec<_>, Vec<_>) = (0..2 * 128).map(insert).unzip();
        assert_eq!(database.make(changes).0.len(), CHANGES);
        database.work = Duration::ZERO;
        let (changes, more): (Vec<_>, Vec<_>) = [insert(-1), insert(1000)].into_iter().unzip();
        assert_eq!(database.make(changes).0.len(), CHANGES + 1, "the second waits for another transaction");
        assert_eq!(outcomes(callers.into_iter().chain(more)).into_iter().flatten().count(), CHANGES + 1);
    }

    #[test]
    fn refused_change_touches_no_other() {
        let refused = change(|_| Err(StoreError::Corrupt("test")));
        // It fails before it has written.
        let conflicting = insert(1);
        let (changes, callers): (Vec<_>, Vec<_>) = [insert(1), refused, conflicting, insert(2)].into_iter().unzip();
        assert_eq!(Database::new(0).make(changes), (vec![1, 2], 1));
        assert_eq!(outcomes(callers), [Some(1), None, None, Some(2)]);
        let (refused, _caller) = change(|_| Err(StoreError::Corrupt("test")));
        assert_eq!(Database::new(0).make([refused]), (vec![], 0), "nothing is committed");
    }

    #[test]
    fn change_that_fails_after_it_has_written_touches_no_other() {
        let failing = change(|transaction| {
            write(transaction, 2)?;
            Err(StoreError::Corrupt("test"))
        });
        let (changes, callers): (Vec<_>, Vec<_>) = [insert(1), failing, insert(3)].into_iter().unzip();
        let mut database = Database::new(0);
        let (rows, commits) = database.make(changes);
        // The third has not run by then, and waits for the next transaction.
        assert_eq!((rows, commits), (vec![1], 1));
        assert_eq!(outcomes(callers), [Some(1), None, None]);
    }

    #[test]
    fn panic_touches_no_other() {
        for writes in [false, true] {
            let panicking = change(move |transaction| {
                if writes {
                    write(transaction, 2)?;
                }
                panic!("on purpose")
            });
            let (changes, callers): (Vec<_>, Vec<_>) = [insert(1), panicking].into_iter().unzip();
            assert_eq!(Database::new(0).make(changes), (vec![1], 1));
            assert_eq!(outcomes(callers), [Some(1), None]);
        }
        let (alone, mut caller) = change(|_| panic!("on purpose"));
        assert_eq!(Database::new(0).make([alone]), (vec![], 0));
        assert!(matches!(caller.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }

    #[test]
    fn transaction_that_sqlite_rolled_back_is_made_again() {
        let unnoticed = || {
            change(|transaction| {
                transaction.execute_batch("ROLLBACK")?;
                Ok(0)
            })
        };
        let (changes, callers): (Vec<_>, Vec<_>) = [insert(1), unnoticed()].into_iter().unzip();
        assert_eq!(Database::new(0).make(changes), (vec![1], 1));
        assert_eq!(outcomes(callers), [Some(1), None]);
        let (alone, caller) = unnoticed();
        assert_eq!(Database::new(0).make([alone]), (vec![], 0));
        assert_eq!(outcomes([caller]), [None]);
    }

    #[test]
    fn changes_of_a_failed_commit_are_made_one_by_one() {
        let (changes, callers): (Vec<_>, Vec<_>) = (1..=3).map(insert).unzip();
        assert_eq!(Database::new(1).make(changes), (vec![1, 2, 3], 4));
        assert_eq!(outcomes(callers), [Some(1), Some(2), Some(3)]);
        let (changes, callers): (Vec<_>, Vec<_>) = (1..=3).map(insert).unzip();
        assert_eq!(Database::new(2).make(changes), (vec![2, 3], 4));
        assert_eq!(outcomes(callers), [None, Some(2), Some(3)]);
        let (alone, caller) = insert(1);
        assert_eq!(Database::new(1).make([alone]), (vec![], 1), "it does not run again");
        assert_eq!(outcomes([caller]), [None]);
    }

    #[test]
    fn change_that_is_late_or_given_up_during_its_work_is_not_made() {
        let turn = Turn::new(Duration::from_millis(50));
        let deadline = turn.deadline();
        let late = change_of(turn, move |transaction| {
            write(transaction, 2)?;
            while Instant::now() < deadline {}
            Ok(2)
        });
        let (changes, callers): (Vec<_>, Vec<_>) = [insert(1), late].into_iter().unzip();
        assert_eq!(Database::new(0).make(changes), (vec![1], 1));
        assert_eq!(outcomes(callers), [Some(1), None]);

        let (sender, caller) = oneshot::channel();
        let turn = Arc::new(Turn::new(Duration::from_secs(60)));
        let abandoned = Arc::clone(&turn);
        let work = move |transaction: &Transaction<'_>| {
            abandoned.abandon();
            write(transaction, 2)
        };
        let given_up: Box<dyn Change> = Box::new(Waiting::new(turn, work, sender));
        let (first, first_caller) = insert(1);
        assert_eq!(Database::new(0).make([first, given_up]), (vec![1], 1));
        assert_eq!(outcomes([first_caller, caller]), [Some(1), None]);
    }

    #[test]
    fn observations_that_fail_touch_no_change() {
        for (fails, failing_commits) in [(false, 0), (true, 0), (false, 1)] {
            let (mut database, parts) = (Database::new(failing_commits), Arc::new(Mutex::default()));
            let mut observations = Observations::default();
            observations.add(Box::new(Counted { left: 1, fails, parts: Arc::clone(&parts) }));
            let (change, caller) = insert(1);
            make(&mut database.connection, change, || None, &mut observations, LONG);
            assert_eq!(outcomes([caller]), [Some(1)]);
            let is_recorded = !fails && failing_commits == 0;
            let commits = database.commits.load(Ordering::SeqCst);
            assert_eq!((&*parts.lock().unwrap(), commits), (&vec![is_recorded], 1 + failing_commits));
            let sql = "SELECT count(*) FROM observed";
            let observed: i64 = database.connection.query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(observed, i64::from(is_recorded));
        }
    }
}
