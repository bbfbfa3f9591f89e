//! Threads that own a connection each and do what they are handed, one thing after the other.
//!
//! The queue is bounded: who hands in more than is done has to wait.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::StoreError;

/// How much may wait in a queue. More would only be waited for longer than a client waits.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Some threads behind one queue.
#[derive(Debug)]
pub(super) struct Worker {
    /// Taken away when the worker is stopped.
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Worker {
    /// Starts a thread for each connection.
    pub(super) fn start(name: &str, connections: Vec<Connection>) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel::<Job>(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let start = |connection| {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name(name.to_owned()).spawn(move || run(connection, &jobs))
        };
        let threads = connections.into_iter().map(start).collect::<Result<_, _>>().map_err(StoreError::Prepare)?;
        Ok(Self { queue: Mutex::new(Some(queue)), threads: Mutex::new(threads) })
    }

    /// Has `work` done and waits for it.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody waits for the answer any more where this fails; the work is done all the same.
            let _ = reply.send(work(connection));
        });
        self.sender().ok_or(StoreError::Stopped)?.send(job).await.map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Hands in work that nobody waits for. Returns whether there was room for it.
    pub(super) fn submit(&self, work: impl FnOnce(&mut Connection) + Send + 'static) -> bool {
        self.sender().is_some_and(|queue| queue.try_send(Box::new(work)).is_ok())
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
