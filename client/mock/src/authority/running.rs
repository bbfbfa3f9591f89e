//! A server on threads of its own.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aether_server::config::{OrOff, Serve};
use aether_server::server::{Bound, Server};
use aether_server::store::Store;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The time for requests in progress to finish when the server is dropped.
const GRACE: Duration = Duration::from_secs(1);

/// The memory for verified tokens in bytes: thousands of them, and little for many servers.
const TOKEN_CACHE: usize = 4 << 20;

type StartError = Box<dyn Error + Send + Sync>;

/// A running server. It stops when this is dropped.
pub(super) struct Running {
    pub(super) url: String,
    pub(super) store: Store,
    runtime: Handle,
    /// Ends the thread when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The parts of a running server that its thread hands out.
struct Started {
    url: String,
    store: Store,
    runtime: Handle,
}

impl Running {
    /// Starts a server, and waits until it listens.
    pub(super) async fn start() -> Result<Self, StartError> {
        let (started, is_started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("test-authority".to_owned()).spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(run(started, stopped)),
                Err(error) => drop(started.send(Err(error.into()))),
            }
        })?;
        let Ok(started) = is_started.await else {
            return Err(thread.join().map_or_else(|panic| resume_unwind(panic), |()| "the server ended".into()));
        };
        let Started { url, store, runtime } = started?;
        Ok(Self { url, store, runtime, stop: Some(stop), thread: Some(thread) })
    }

    /// Runs a task on the runtime of the server, because the caller can have another runtime.
    pub(super) async fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.spawn(task).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take();
        // A panic of the thread has been printed.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Runs a server until `stop` is dropped.
async fn run(started: oneshot::Sender<Result<Started, StartError>>, stop: oneshot::Receiver<()>) {
    let (directory, store, server) = match start().await {
        Ok(running) => running,
        Err(error) => return drop(started.send(Err(error))),
    };
    let url = format!("http://{}", server.address());
    // The receiver is gone if the future of the start was dropped.
    if started.send(Ok(Started { url, store, runtime: Handle::current() })).is_ok() {
        let _ = stop.await;
    }
    server.stop(GRACE).await;
    // A file that cannot be removed is no failure of the test.
    let _ = directory.close();
}

async fn start() -> Result<(TempDir, Store, Server), StartError> {
    let directory = tempfile::Builder::new().prefix("aether-test-").tempdir()?;
    let config = Serve {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)).into(),
        database: directory.path().join("aether.db"),
        rate_limit: OrOff::Off,
        refusal_limit: OrOff::Off,
        token_cache: Some(TOKEN_CACHE),
        ..Serve::default()
    };
    let store = Store::open_for_server(&config.database, config.busy_timeout, config.store_settings()).await?;
    let server = match Bound::bind(&config, store.clone()).and_then(Bound::start) {
        Ok(server) => server,
        Err(error) => {
            store.close().await;
            return Err(io::Error::other(error).into());
        }
    };
    Ok((directory, store, server))
}
