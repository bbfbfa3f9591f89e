//! Notifications of the service manager, as in `sd_notify(3)`: the program is ready, reloads, stops, or needs more time.
//!
//! The socket is that of the process, named by `NOTIFY_SOCKET`, so it is a static, and the store reports a long migration without a
//! parameter through every layer. Without the variable, nothing is sent.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tracing::{info, warn};

/// The time for which a notification waits if the service manager does not read.
const SEND: Duration = Duration::from_secs(1);
/// The time that one notification adds to a start.
const EXTENSION: Duration = Duration::from_secs(60);
/// The time between two extensions of a start.
const INTERVAL: Duration = Duration::from_secs(15);
/// The maximum time of a start. A disk that does not respond is then the service manager's to report.
const MAX_START: Duration = Duration::from_secs(60 * 60);
/// The time for the end of the process after the last request.
const CLOSE: Duration = Duration::from_secs(30);

/// The socket of the service manager, after [`connect`].
static SOCKET: OnceLock<Option<Socket>> = OnceLock::new();

#[derive(Debug)]
struct Socket {
    socket: UnixDatagram,
    address: SocketAddr,
}

/// Opens the socket that `NOTIFY_SOCKET` names. A second call has no effect.
pub(crate) fn connect() {
    SOCKET.get_or_init(|| {
        let name = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
        let opened = Socket::open(&name);
        opened.inspect_err(|error| warn!(%error, socket = ?name, "the service manager cannot be notified")).ok()
    });
}

/// Describes the present work in a line, as `systemctl status` displays it.
pub(crate) fn status(text: &str) {
    notify(&format!("STATUS={text}"));
}

/// Reports that the server serves.
pub(crate) fn ready() {
    notify("READY=1\nSTATUS=serving");
}

/// Reports that the server loads its configuration again, until [`ready`].
pub(crate) fn reloading() {
    let now = clock_gettime(ClockId::Monotonic);
    // The service manager compares it with the time of its own request to reload.
    let microseconds = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
    notify(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=reloading the certificate"));
}

/// Reports that the server stops within `limit`, apart from the end of the database's work.
pub(crate) fn stopping(limit: Duration) {
    let extension = limit.saturating_add(CLOSE).as_micros();
    notify(&format!("STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC={extension}"));
}

/// Asks for more time while `start` runs, because a migration or a check of a large database takes longer than a usual start.
pub(crate) async fn extend_during<T>(start: impl Future<Output = T>) -> T {
    let extend = async {
        let mut interval = tokio::time::interval(INTERVAL);
        for _ in 0..MAX_START.as_secs() / INTERVAL.as_secs() {
            interval.tick().await;
            notify(&format!("EXTEND_TIMEOUT_USEC={}", EXTENSION.as_micros()));
        }
        std::future::pending().await
    };
    tokio::select! {
        biased;
        result = start => result,
        never = extend => never,
    }
}

/// Reports in each half of the watchdog's time that the runtime runs its tasks, if the service manager has a watchdog.
///
/// A disk that does not respond stops no report: a restart does not help against it, and `/readyz` has the reason.
pub(crate) async fn feed_watchdog() {
    let variable = |name| env::var(name).ok();
    let Some(period) = watchdog(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), std::process::id()) else {
        return;
    };
    info!(?period, "the service manager has a watchdog");
    let mut interval = tokio::time::interval(period / 2);
    loop {
        interval.tick().await;
        // Through the queue of the runtime, so that a stuck worker that holds it is noticed.
        if tokio::spawn(async {}).await.is_ok() {
            notify("WATCHDOG=1");
        }
    }
}

/// The time of the watchdog, if it is that of this process.
fn watchdog(microseconds: Option<String>, process: Option<String>, own: u32) -> Option<Duration> {
    let is_own = process.is_none_or(|process| process.parse() == Ok(own));
    let microseconds = microseconds?.parse().ok().filter(|&it| it > 0 && is_own)?;
    Some(Duration::from_micros(microseconds))
}

/// Sends variables, one a line.
fn notify(variables: &str) {
    if let Some(socket) = SOCKET.get().and_then(Option::as_ref)
        && let Err(error) = socket.send(variables)
    {
        warn!(%error, "the service manager was not notified");
    }
}

impl Socket {
    fn open(name: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(SEND))?;
        Ok(Self { socket, address: address(name)? })
    }

    fn send(&self, variables: &str) -> io::Result<()> {
        self.socket.send_to_addr(variables.as_bytes(), &self.address).map(drop)
    }
}

/// The address with the name: a path, or after `@` a name without a file.
#[cfg(target_os = "linux")]
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;

    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    }
}

/// The address with the name, which is a path.
#[cfg(not(target_os = "linux"))]
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchdog_of_another_process_is_ignored() {
        let period = |microseconds: &str, process: Option<&str>| {
            watchdog(Some(microseconds.to_owned()), process.map(str::to_owned), 7)
        };
        assert_eq!(period("30000000", Some("7")), Some(Duration::from_secs(30)));
        assert_eq!(period("30000000", None), Some(Duration::from_secs(30)));
        for (microseconds, process) in [("30000000", "8"), ("30000000", ""), ("0", "7"), ("soon", "7"), ("", "7")] {
            assert_eq!(period(microseconds, Some(process)), None, "{microseconds:?}, {process:?}");
        }
        assert_eq!(watchdog(None, None, 7), None);
    }
}
