//! The thread of the connection that writes.
//!
//! Waiting writes take turns by organization ([`FairQueue`]). Changes that wait at the same time are committed together ([`Batch`]), jobs of
//! the server run alone, and observations are recorded in between ([`Observations`]). A write has a deadline, the busy timeout after its
//! call: the time for its turn, for a write of another program, and for its own work up to the commit ([`Turn`]). Until the commit
//! begins, the caller stops waiting at the deadline and the write is not made. From then on, the caller waits for the outcome, so that
//! it never reports a failure of a write that is made.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use tracing::error;
use uuid::Uuid;

use super::batch::{Batch, Change, Guard, WORK, Waiting};
use super::fair_queue::{FairQueue, Next, Rejected};
use super::observations::{Backlog, Observations};
use super::turn::Turn;
use super::writer_metrics::WriterMetrics;
use crate::store::StoreError;
use crate::store::error::AsStoreError;

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
    /// The backlogs of observations.
    Observations,
}

/// A job of the server runs with the connection, or is told that it was displaced.
type OwnJob = Box<dyn FnOnce(Option<&mut Connection>) + Send>;

enum Job {
    Own(OwnJob),
    Change(Box<dyn Change>),
    Observations(Box<dyn Backlog>),
}

impl Job {
    fn is_change(&self) -> bool {
        matches!(self, Self::Change(_))
    }

    /// Ends a job that made room for another one.
    fn displace(self) {
        match self {
            Self::Own(job) => job(None),
            Self::Change(mut change) => {
                change.fail(StoreError::Busy);
                change.answer();
            }
            Self::Observations(mut backlog) => backlog.release(),
        }
    }
}

/// The thread that writes, and its queue.
#[derive(Debug)]
pub(in crate::store) struct Writer {
    queue: Arc<FairQueue<Lane, Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    timeout: Duration,
    metrics: WriterMetrics,
}

impl Writer {
    /// Starts the thread of a connection.
    pub(super) fn start(timeout: Duration, connection: Connection, guard: Arc<dyn Guard>) -> Result<Self, StoreError> {
        let queue = Arc::new(FairQueue::new(SHARE, CAPACITY));
        let jobs = Arc::clone(&queue);
        let metrics = WriterMetrics::default();
        let measured = metrics.clone();
        let work = move || run(connection, &jobs, guard.as_ref(), &measured);
        let spawned = thread::Builder::new().name("store-writer".to_owned()).spawn(work);
        Ok(Self { queue, thread: Mutex::new(Some(spawned.map_err(StoreError::Io)?)), timeout, metrics })
    }

    /// The number of writes that wait for their turn.
    pub(in crate::store) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(in crate::store) fn metrics(&self) -> &WriterMetrics {
        &self.metrics
    }

    /// Lets the writer record a backlog of observations. Returns whether it will.
    pub(in crate::store) fn submit(&self, backlog: Box<dyn Backlog>) -> bool {
        self.push(Lane::Observations, Job::Observations(backlog)).is_ok()
    }

    /// Finishes the queued writes, and closes the connection.
    pub(in crate::store) async fn stop(&self) {
        self.queue.close();
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(()))) {
            error!("the thread that writes panicked");
        }
    }

    /// Runs a job alone in its turn, and waits for its result.
    pub(in crate::store) async fn call<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Connection, &Turn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, result) = oneshot::channel();
        let turn = Arc::new(Turn::new(self.timeout));
        let job = Job::Own(Box::new({
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
        }));
        self.push(lane, job)?;
        outcome(&turn, result).await
    }

    /// Makes a change in its turn, in one transaction with others that wait, and waits for its result. `work` has no effect outside the
    /// transaction, because it can run again.
    pub(in crate::store) async fn change<T: Send + 'static, E: From<StoreError> + AsStoreError + Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnMut(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, result) = oneshot::channel();
        let turn = Arc::new(Turn::new(self.timeout));
        self.push(lane, Job::Change(Box::new(Waiting::new(Arc::clone(&turn), work, sender))))?;
        outcome(&turn, result).await
    }

    fn push(&self, lane: Lane, job: Job) -> Result<(), StoreError> {
        match self.queue.push(lane, job) {
            Ok(displaced) => {
                displaced.into_iter().for_each(Job::displace);
                Ok(())
            }
            Err(Rejected::Full) => Err(StoreError::Busy),
            Err(Rejected::Closed) => Err(StoreError::Stopped),
        }
    }
}

/// Waits for the result of a write, until its deadline or beyond it if its commit has begun.
async fn outcome<T, E: From<StoreError>>(turn: &Turn, mut result: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    let received = match timeout_at(turn.deadline().into(), &mut result).await {
        Err(_) if turn.abandon() => return Err(StoreError::Busy.into()),
        Err(_) => result.await,
        Ok(received) => received,
    };
    received.map_err(|_| StoreError::Stopped)?
}

fn run(mut connection: Connection, jobs: &FairQueue<Lane, Job>, guard: &dyn Guard, metrics: &WriterMetrics) {
    let mut observations = Observations::default();
    loop {
        match jobs.pop(observations.due()) {
            Next::Item(Job::Change(first)) => {
                let mut next = Some(first);
                let mut take = || {
                    let change = next.take().or_else(|| waiting_change(jobs))?;
                    metrics.observe_wait(change.turn().waited());
                    Some(change)
                };
                // One whose caller has given up is dropped.
                let mut change = || std::iter::from_fn(&mut take).find(|it| !it.turn().is_abandoned());
                if let Some(first) = change() {
                    let mut batch = Batch { connection: &mut connection, guard, metrics, work: WORK };
                    batch.make(first, change, &mut observations);
                }
            }
            Next::Item(Job::Own(job)) => {
                if panic::catch_unwind(AssertUnwindSafe(|| job(Some(&mut connection)))).is_err() {
                    // Its transaction was rolled back when it was dropped.
                    error!("a job of the store panicked");
                }
            }
            Next::Item(Job::Observations(backlog)) => observations.add(backlog),
            Next::Nothing => drop(observations.record_part(&mut connection, guard)),
            Next::Closed => break,
        }
    }
    observations.record_all(&mut connection, guard);
    if let Err((_, error)) = connection.close() {
        error!(%error, "a database connection could not be closed");
    }
}

fn waiting_change(jobs: &FairQueue<Lane, Job>) -> Option<Box<dyn Change>> {
    match jobs.pop_if(Job::is_change) {
        Some(Job::Change(change)) => Some(change),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Instant;

    use super::super::batch::tests::NoFiles;
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(300);

    fn start() -> Writer {
        start_with(TIMEOUT)
    }

    fn start_with(timeout: Duration) -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        Writer::start(timeout, connection, Arc::new(NoFiles)).unwrap()
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
        // The count below has as long again, from the deadline of this write on.
        let deadline = Instant::now() + TIMEOUT + TIMEOUT / 8;
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

    #[tokio::test]
    async fn changes_that_wait_are_committed_together_until_a_job_of_the_server() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        let commits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&commits);
        let count_commit = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            false
        };
        connection.commit_hook(Some(count_commit)).unwrap();
        let writer = Writer::start(Duration::from_secs(60), connection, Arc::new(NoFiles)).unwrap();
        let (release, block) = blocker();
        let change = |organization| {
            let insert = |transaction: &Transaction<'_>| {
                Ok::<_, StoreError>(transaction.execute("INSERT INTO t VALUES (1)", [])?)
            };
            writer.change(Lane::Organization(Uuid::from_u128(organization)), insert)
        };
        let (blocked, changes, own, ()) = futures::join!(
            run(&writer, block),
            futures::future::join_all((0..20).map(|number| change(number % 3))),
            insert(&writer, || ()),
            async { drop(release) },
        );
        blocked.unwrap();
        assert!(changes.into_iter().chain([own]).all(|made| made.is_ok_and(|rows| rows == 1)));
        assert_eq!(count(&writer).await, 21);
        // The lanes take turns, so the job of the server is the fourth; a slow machine needs a few transactions more.
        let commits = commits.load(Ordering::SeqCst);
        assert!((2..=10).contains(&commits), "{commits} commits");
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
