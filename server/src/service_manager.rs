//! Notifications of the service manager, as in `sd_notify(3)`: the program is ready, reloads, stops, or needs more time.
//!
//! The socket is that of the process, named by `NOTIFY_SOCKET`, so the store reports a long migration without a parameter through every
//! layer. Without the variable, nothing is sent. A thread of its own sends, because a service manager that does not read would hold the
//! server.

use std::env;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::{info, warn};

/// The time that one notification adds to a start.
const EXTENSION: Duration = Duration::from_secs(60);
/// The time between two extensions of a start.
const INTERVAL: Duration = Duration::from_secs(15);
/// The maximum time of a start. A disk that does not respond is then the service manager's to report.
const MAX_START: Duration = Duration::from_secs(60 * 60);
/// The time for the end of the process after the last request.
const CLOSE: Duration = Duration::from_secs(30);

/// Describes the present work in a line, as `systemctl status` displays it.
pub(crate) fn status(text: &str) {
    notify(&[NotifyState::Status(text)]);
}

/// Reports that the server serves.
pub(crate) fn ready() {
    notify(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

/// Reports that the server loads its configuration again, until [`ready`].
pub(crate) fn reloading() {
    let status = NotifyState::Status("reloading the certificate");
    match NotifyState::monotonic_usec_now() {
        // The service manager compares it with the time of its own request to reload.
        Ok(now) => notify(&[NotifyState::Reloading, now, status]),
        Err(error) => warn!(%error, "the service manager was not notified"),
    }
}

/// Reports that the server stops within `limit`, apart from the end of the database's work.
pub(crate) fn stopping(limit: Duration) {
    let extension = extension(limit.saturating_add(CLOSE));
    notify(&[NotifyState::Stopping, NotifyState::Status("draining"), extension]);
}

/// Asks for more time while `start` runs, because a migration or a check of a large database takes longer than a usual start.
pub(crate) async fn extend_during<T>(start: impl Future<Output = T>) -> T {
    let extend = async {
        let mut interval = tokio::time::interval(INTERVAL);
        for _ in 0..MAX_START.as_secs() / INTERVAL.as_secs() {
            interval.tick().await;
            notify(&[extension(EXTENSION)]);
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
    let Some(period) = sd_notify::watchdog_enabled().filter(|period| !period.is_zero()) else { return };
    info!(?period, "the service manager has a watchdog");
    let mut interval = tokio::time::interval(period / 2);
    loop {
        interval.tick().await;
        // Through the queue of the runtime, so that a stuck worker that holds it is noticed.
        if tokio::spawn(async {}).await.is_ok() {
            notify(&[NotifyState::Watchdog]);
        }
    }
}

/// More time, from now on.
fn extension(time: Duration) -> NotifyState<'static> {
    NotifyState::ExtendTimeoutUsec(u32::try_from(time.as_micros()).unwrap_or(u32::MAX))
}

/// The number of notifications that wait for the service manager. Further ones are dropped.
const WAITING: usize = 64;

/// The way to the thread that sends; none without a service manager.
static QUEUE: LazyLock<Option<SyncSender<String>>> = LazyLock::new(|| {
    // An empty variable counts as unset.
    env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
    let (queue, notifications) = sync_channel(WAITING);
    thread::Builder::new().name("service-manager".to_owned()).spawn(move || send(&notifications)).ok()?;
    Some(queue)
});

fn notify(state: &[NotifyState<'_>]) {
    if let Some(queue) = QUEUE.as_ref() {
        let lines: Vec<_> = state.iter().map(ToString::to_string).collect();
        // A full queue has no reader.
        let _ = queue.try_send(lines.join("\n"));
    }
}

fn send(notifications: &Receiver<String>) {
    for lines in notifications {
        if let Err(error) = sd_notify::notify(&[NotifyState::Custom(&lines)]) {
            warn!(%error, "the service manager was not notified");
        }
    }
}
