//! The signals of a server.
//!
//! Their handlers are installed at the start and stay. The signals that only end a process by default have handlers without effect: the
//! server ends by SIGTERM, SIGINT, SIGQUIT and SIGKILL, and by those of a fault in the program.

use std::io;

use rustix::process::Signal as Name;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals without effect. Of some, the program sees the cause elsewhere: a write to a file of maximum size fails, too (XFSZ).
const WITHOUT_EFFECT: [Name; 9] =
    [Name::ALARM, Name::IO, Name::PIPE, Name::PROF, Name::USR1, Name::USR2, Name::VTALARM, Name::XCPU, Name::XFSZ];

/// Further signals without effect, by their numbers: those of Linux alone, and the real-time signals. The first of these belong to the C
/// library.
#[cfg(target_os = "linux")]
fn of_the_platform() -> impl Iterator<Item = i32> {
    [Name::POWER, Name::STKFLT].map(Name::as_raw).into_iter().chain(35..=64)
}

/// Further signals without effect, by their numbers.
#[cfg(not(target_os = "linux"))]
fn of_the_platform() -> impl Iterator<Item = i32> {
    std::iter::empty()
}

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
        // The handler stays when its stream is dropped.
        for number in WITHOUT_EFFECT.map(Name::as_raw) {
            drop(signal(SignalKind::from_raw(number))?);
        }
        for number in of_the_platform() {
            // A tool that runs the program can reserve one: Valgrind takes the last.
            drop(signal(SignalKind::from_raw(number)));
        }
        Ok(Self { stop: StopSignals::install()?, reload: signal(SignalKind::hangup())? })
    }
}

impl StopSignals {
    /// Installs the handlers of the signals to stop alone.
    pub(super) fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next signal to stop.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
