//! The interruption of commands by a signal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Error;
use super::signals::StopSignals;

/// The signals that end a command early, SIGTERM and SIGINT. Their handlers stay until the end of the process.
pub(super) struct Interrupt {
    stop: StopSignals,
}

impl Interrupt {
    pub(super) fn install() -> Result<Self, Error> {
        Ok(Self { stop: StopSignals::install()? })
    }

    /// Runs `work` in a thread that may block. A signal sets its flag, so that it ends early and removes its files.
    pub(super) async fn run_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Arc<AtomicBool>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancelled);
        let mut task = tokio::task::spawn_blocking(move || work(&flag));
        let done = tokio::select! {
            done = &mut task => done,
            () = self.stop.next() => {
                cancelled.store(true, Ordering::Relaxed);
                task.await
            }
        };
        match done.map_err(io::Error::from)? {
            Err(_) if cancelled.load(Ordering::Relaxed) => Err(Error::Interrupted),
            done => done,
        }
    }

    /// Runs `work` until its end or a signal.
    pub(super) async fn run<T>(&mut self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            done = work => done,
            () = self.stop.next() => Err(Error::Interrupted),
        }
    }
}
