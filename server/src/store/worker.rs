//! Threads that own a connection each and do what they are handed, one thing after the other.
//!
//! The queue is bounded, and so is the time: what could not be begun and done within the patience of whoever handed it
//! in is [`StoreError::Busy`], wherever the time went.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::StoreError;

/// How much may wait in a queue. More would only be waited for longer than a client waits.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Lets a connection wait for somebody else's write until `deadline`, or not at all.
fn wait_until(deadline: Instant, connection: &Connection) -> Result<(), StoreError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(StoreError::Busy) } else { Ok(connection.busy_timeout(left)?) }
}

/// Some threads behind one queue.
#[derive(Debug)]
pub(super) struct Worker {
    /// Taken away when the worker is stopped.
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// How long work may take to be begun, and to wait for somebody else's write.
    patience: Duration,
}

impl Worker {
    /// Starts a thread for each connection.
    pub(super) fn start(name: &str, patience: Duration, connections: Vec<Connection>) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel::<Job>(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let start = |connection| {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name(name.to_owned()).spawn(move || run(connection, &jobs))
        };
        let threads = connections.into_iter().map(start).collect::<Result<_, _>>().map_err(StoreError::Prepare)?;
        Ok(Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads), patience })
    }

    /// Has `work` done and waits for it.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + self.patience;
        let job: Job = Box::new(move |connection| {
            // Nobody waits for the answer any more where this fails; the work is done all the same.
            let _ = reply.send(wait_until(deadline, connection).and_then(|()| work(connection)));
        });
        let queue = self.sender().ok_or(StoreError::Stopped)?;
        match queue.send_timeout(job, self.patience).await {
            Ok(()) => answer.await.map_err(|_| StoreError::Stopped)?,
            Err(SendTimeoutError::Timeout(_)) => Err(StoreError::Busy),
            Err(SendTimeoutError::Closed(_)) => Err(StoreError::Stopped),
        }
    }

    /// Hands in work that nobody waits for, and that waits for nobody. Returns whether there was room for it.
    pub(super) fn submit(&self, work: impl FnOnce(&mut Connection) + Send + 'static) -> bool {
        let job: Job = Box::new(move |connection| match connection.busy_timeout(Duration::ZERO) {
            Ok(()) => work(connection),
            Err(error) => error!(%error, "a connection could not be set up"),
        });
        self.sender().is_some_and(|queue| queue.try_send(job).is_ok())
    }

    /// Lets what is in the queue be done, and closes the connections.
    pub(super) async fn stop(&self) {
        lock(&self.queue).take();
        let threads = std::mem::take(&mut *lock(&self.threads));
        let joined = tokio::task::spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join));
        if !matches!(joined.await, Ok(Ok(()))) {
            error!("a thread of the store did not end well");
        }
    }

    fn sender(&self) -> Option<mpsc::Sender<Job>> {
        lock(&self.queue).clone()
    }
}

fn run(mut connection: Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        // The lock is let go before the job is done, so that another thread can take the next.
        let Some(job) = lock(jobs).blocking_recv() else { break };
        if panic::catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
            // Its transaction was rolled back on the way out.
            error!("a verb of the store panicked");
        }
    }
    if let Err((_, error)) = connection.close() {
        error!(%error, "a connection could not be closed");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
