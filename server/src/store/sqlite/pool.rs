//! A pool of threads that own one connection each and run queries from one queue.
//!
//! Queue and waiting are bounded: a job that waits for longer than the busy timeout, for its turn or for a write of another program,
//! fails with [`StoreError::Busy`]. A job that has begun is not interrupted.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::lock;
use crate::store::StoreError;

/// The capacity of a queue. Jobs beyond it would wait longer than a client does.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Lets a connection wait for a write of another program until `deadline`.
fn wait_until(deadline: Instant, connection: &Connection) -> Result<(), StoreError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(StoreError::Busy) } else { Ok(connection.busy_timeout(left)?) }
}

/// Threads behind one queue.
#[derive(Debug)]
pub(in crate::store) struct Pool {
    /// `None` after the pool was stopped.
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// The time that a job may wait for its turn and for a write of another program.
    timeout: Duration,
}

impl Pool {
    /// Starts a thread for each connection.
    pub(super) fn start(name: &str, timeout: Duration, connections: Vec<Connection>) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel::<Job>(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let start = |connection| {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name(name.to_owned()).spawn(move || run(connection, &jobs))
        };
        let threads = connections.into_iter().map(start).collect::<Result<_, _>>().map_err(StoreError::Io)?;
        Ok(Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads), timeout })
    }

    /// Runs a job and waits for its result.
    pub(in crate::store) async fn call<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, result) = oneshot::channel();
        let deadline = Instant::now() + self.timeout;
        let job: Job = Box::new(move |connection| {
            // The send fails if the caller was dropped; the job is done all the same.
            let _ = sender.send(wait_until(deadline, connection).map_err(E::from).and_then(|()| job(connection)));
        });
        let queue = self.sender().ok_or(StoreError::Stopped)?;
        match queue.send_timeout(job, self.timeout).await {
            Ok(()) => result.await.map_err(|_| StoreError::Stopped)?,
            Err(SendTimeoutError::Timeout(_)) => Err(StoreError::Busy.into()),
            Err(SendTimeoutError::Closed(_)) => Err(StoreError::Stopped.into()),
        }
    }

    /// Finishes the queued jobs, and closes the connections.
    pub(in crate::store) async fn stop(&self) {
        lock(&self.queue).take();
        let threads = std::mem::take(&mut *lock(&self.threads));
        let joined = tokio::task::spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join));
        if !matches!(joined.await, Ok(Ok(()))) {
            error!("a thread of the store panicked");
        }
    }

    fn sender(&self) -> Option<mpsc::Sender<Job>> {
        lock(&self.queue).clone()
    }
}

fn run(mut connection: Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        // The lock is released before the job runs, so another thread can take the next.
        let Some(job) = lock(jobs).blocking_recv() else { break };
        if panic::catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
            // Its transaction was rolled back when it was dropped.
            error!("a job of the store panicked");
        }
    }
    if let Err((_, error)) = connection.close() {
        error!(%error, "a database connection could not be closed");
    }
}
