//! The thread of the connection that writes.
//!
//! Waiting writes take turns by organization ([`FairQueue`]). A write has a deadline, the busy timeout after its call: the time for its
//! turn, for a write of another program, and for its own work up to the commit. Until the commit begins, the caller stops waiting at the
//! deadline and the write is not made. From then on, the caller waits for the outcome, so that it never reports a failure of a write
//! that is made.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use tracing::error;
use uuid::Uuid;

use super::fair_queue::{FairQueue, Rejected};
use crate::store::StoreError;

/// The maximum number of waiting writes of an organization. Writes beyond it would wait longer than a client does.
const SHARE: usize = 1024;

/// The maximum number of all waiting writes. Each holds a request in memory.
const CAPACITY: usize = 8 * SHARE;

/// The lane of a write in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::store) enum Lane {
    /// The writes for requests of an organization.
    Organization(Uuid),
    /// The writes of the server and the operator.
    Own,
    /// The uses and refusals of tokens. Many of them do not delay other writes of the server.
    Observations,
}

/// A job runs with the connection, or is told that it was displaced.
type Job = Box<dyn FnOnce(Option<&mut Connection>) + Send>;

/// The progress of a write, which decides a race between its commit and its deadline.
#[derive(Debug)]
pub(in crate::store) struct Turn {
    deadline: Instant,
    state: AtomicU8,
}

const WAITING: u8 = 0;
const COMMITTING: u8 = 1;
const ABANDONED: u8 = 2;

impl Turn {
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

    /// Lets the connection wait for a write of another program until the deadline.
    fn wait_for_locks(&self, connection: &Connection) -> Result<(), StoreError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(StoreError::Busy) } else { Ok(connection.busy_timeout(left)?) }
    }

    /// Begins the commit. Fails after the deadline.
    fn begin_commit(&self) -> Result<(), StoreError> {
        let in_time = Instant::now() < self.deadline;
        if in_time && self.leave_waiting(COMMITTING) { Ok(()) } else { Err(StoreError::Busy) }
    }

    /// Gives the write up, unless its commit has begun. Returns whether it was given up.
    fn abandon(&self) -> bool {
        self.leave_waiting(ABANDONED)
    }

    fn is_abandoned(&self) -> bool {
        self.state.load(Ordering::Acquire) == ABANDONED
    }

    fn leave_waiting(&self, next: u8) -> bool {
        self.state.compare_exchange(WAITING, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// The thread that writes, and its queue.
#[derive(Debug)]
pub(in crate::store) struct Writer {
    queue: Arc<FairQueue<Lane, Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    timeout: Duration,
}

impl Writer {
    /// Starts the thread of a connection.
    pub(super) fn start(timeout: Duration, connection: Connection) -> Result<Self, StoreError> {
        let queue = Arc::new(FairQueue::new(SHARE, CAPACITY));
        let jobs = Arc::clone(&queue);
        let spawned = thread::Builder::new().name("store-writer".to_owned()).spawn(move || run(connection, &jobs));
        Ok(Self { queue, thread: Mutex::new(Some(spawned.map_err(StoreError::Io)?)), timeout })
    }

    /// Queues a job that records an observation, and whose end is not waited for. `done` receives the result. Returns whether the queue
    /// had room.
    pub(in crate::store) fn submit(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<(), StoreError> + Send + 'static,
        done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> bool {
        let job: Job = Box::new(|connection| done(connection.map_or(Err(StoreError::Busy), job)));
        self.push(Lane::Observations, job).is_ok()
    }

    /// Finishes the queued writes, and closes the connection.
    pub(in crate::store) async fn stop(&self) {
        self.queue.close();
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(()))) {
            error!("the thread that writes panicked");
        }
    }

    /// Runs a job in its turn, and waits for its result.
    pub(in crate::store) async fn call<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Connection, &Turn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, mut result) = oneshot::channel();
        let deadline = Instant::now() + self.timeout;
        let turn = Arc::new(Turn { deadline, state: AtomicU8::new(WAITING) });
        let job: Job = Box::new({
            let turn = Arc::clone(&turn);
            move |connection| {
                let result = match connection {
                    Some(_) if turn.is_abandoned() => return,
                    Some(connection) => job(connection, &turn),
                    None => Err(StoreError::Busy.into()),
                };
                // The send fails if the caller was dropped; the write is made all the same.
                let _ = sender.send(result);
            }
        });
        self.push(lane, job)?;
        let received = match timeout_at(deadline.into(), &mut result).await {
            Err(_) if turn.abandon() => return Err(StoreError::Busy.into()),
            Err(_) => result.await,
            Ok(received) => received,
        };
        received.map_err(|_| StoreError::Stopped)?
    }

    fn push(&self, lane: Lane, job: Job) -> Result<(), StoreError> {
        match self.queue.push(lane, job) {
            Ok(None) => Ok(()),
            Ok(Some(displaced)) => {
                displaced(None);
                Ok(())
            }
            Err(Rejected::Full) => Err(StoreError::Busy),
            Err(Rejected::Closed) => Err(StoreError::Stopped),
        }
    }
}

/// Runs `work` in a transaction of a job without a deadline. It does not wait for a write of another program.
pub(in crate::store) fn transact_at_once(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::ZERO)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    work(&transaction)?;
    Ok(transaction.commit()?)
}

fn run(mut connection: Connection, jobs: &FairQueue<Lane, Job>) {
    while let Some(job) = jobs.pop() {
        if panic::catch_unwind(AssertUnwindSafe(|| job(Some(&mut connection)))).is_err() {
            // Its transaction was rolled back when it was dropped.
            error!("a job of the store panicked");
        }
    }
    if let Err((_, error)) = connection.close() {
        error!(%error, "a database connection could not be closed");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(300);

    fn start() -> Writer {
        start_with(TIMEOUT)
    }

    fn start_with(timeout: Duration) -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        Writer::start(timeout, connection).unwrap()
    }

    async fn insert(writer: &Writer, work: impl FnOnce() + Send + 'static) -> Result<usize, StoreError> {
        let insert = move |transaction: &Transaction<'_>| {
            let inserted = transaction.execute("INSERT INTO t VALUES (1)", [])?;
            work();
            Ok(inserted)
        };
        writer.call(Lane::Own, |connection, turn| turn.transact(connection, insert)).await
    }

    async fn run<T: Send + 'static>(
        writer: &Writer,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        writer.call(Lane::Own, |connection, turn| turn.run(connection, job)).await
    }

    async fn count(writer: &Writer) -> i64 {
        let count = |connection: &mut Connection| {
            Ok::<_, StoreError>(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
        };
        run(writer, count).await.unwrap()
    }

    /// A job that blocks the writer until the sender is dropped.
    fn blocker() -> (mpsc::Sender<()>, impl FnOnce(&mut Connection) -> Result<(), StoreError>) {
        let (release, released) = mpsc::channel::<()>();
        (release, move |_: &mut Connection| {
            let _ = released.recv();
            Ok(())
        })
    }

    #[tokio::test]
    async fn write_that_waits_for_too_long_is_not_made() {
        let writer = Arc::new(start());
        let (release, block) = blocker();
        let blocking = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { run(&writer, block).await }
        });
        tokio::task::yield_now().await;
        // The write fails while the writer is still blocked, and not when its turn comes.
        assert!(matches!(insert(&writer, || ()).await, Err(StoreError::Busy)));
        drop(release);
        blocking.await.unwrap().unwrap();
        assert_eq!(count(&writer).await, 0);
        assert_eq!(insert(&writer, || ()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn write_whose_work_outlasts_its_deadline_is_rolled_back() {
        let writer = start();
        let deadline = Instant::now() + 2 * TIMEOUT;
        let outlast = move || {
            while Instant::now() < deadline {
                thread::yield_now();
            }
        };
        assert!(matches!(insert(&writer, outlast).await, Err(StoreError::Busy)));
        assert_eq!(count(&writer).await, 0);
    }

    #[tokio::test]
    async fn write_whose_commit_has_begun_is_awaited_beyond_its_deadline() {
        let writer = start();
        let (release, block) = blocker();
        let mut blocked = std::pin::pin!(run(&writer, block));
        assert!(tokio::time::timeout(3 * TIMEOUT, &mut blocked).await.is_err(), "it is still awaited");
        drop(release);
        blocked.await.expect("the outcome");
    }

    #[test]
    fn either_the_commit_or_the_deadline_decides() {
        let turn = |deadline| Turn { deadline, state: AtomicU8::new(WAITING) };
        let future = Instant::now() + Duration::from_secs(60);
        let committed = turn(future);
        assert!(committed.begin_commit().is_ok() && !committed.abandon());
        let abandoned = turn(future);
        assert!(abandoned.abandon() && abandoned.is_abandoned() && abandoned.begin_commit().is_err());
        let late = turn(Instant::now());
        assert!(late.begin_commit().is_err() && late.abandon());
    }

    #[tokio::test]
    async fn full_share_of_an_organization_leaves_room_for_others() {
        let writer = Arc::new(start_with(Duration::from_secs(60)));
        let (release, block) = blocker();
        let blocking = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { run(&writer, block).await }
        });
        tokio::task::yield_now().await;
        let [flood, other] = [1, 2].map(|id| Lane::Organization(Uuid::from_u128(id)));
        let write = |lane| {
            let nothing = |_: &Transaction<'_>| Ok::<_, StoreError>(());
            writer.call(lane, move |connection, turn| turn.transact(connection, nothing))
        };
        let flooding = (0..SHARE + 10).map(|_| write(flood));
        let flooding = futures::future::join_all(flooding);
        let (results, result, ()) = futures::join!(flooding, write(other), async { drop(release) });
        let full = results.iter().filter(|result| matches!(result, Err(StoreError::Busy))).count();
        assert!(full >= 10, "{full} writes were rejected");
        result.unwrap();
        blocking.await.unwrap().unwrap();
    }
}
