//! The signals of a server.
//!
//! Their handlers are installed at the start and stay. The signals that only end a process by default have handlers without effect: the
//! server ends by SIGTERM, SIGINT, SIGQUIT and SIGKILL alone.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A file has its maximum size: the write fails, too. (The number of Linux on most platforms, and of BSD.)
const FILE_SIZE: i32 = 25;

/// The signals of the process.
#[derive(Debug)]
pub(super) struct Signals {
    pub(super) stop: StopSignals,
    pub(super) reload: Signal,
}

/// The signals to stop.
#[derive(Debug)]
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the handlers.
    pub(super) fn install() -> io::Result<Self> {
        let without_effect = [
            SignalKind::user_defined1(),
            SignalKind::user_defined2(),
            SignalKind::alarm(),
            SignalKind::io(),
            SignalKind::pipe(),
            SignalKind::from_raw(FILE_SIZE),
        ];
        for kind in without_effect {
            // The handler stays when its stream is dropped.
            drop(signal(kind)?);
        }
        let stop =
            StopSignals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        Ok(Self { stop, reload: signal(SignalKind::hangup())? })
    }
}

impl StopSignals {
    /// Waits for the next signal to stop.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
