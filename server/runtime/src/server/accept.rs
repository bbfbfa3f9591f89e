//! The accept loop. It never ends before the server stops.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tracing::warn;

use super::connection::Connection;
use super::dispatch::Dispatcher;
use super::{Connections, Limits, Stop, Tls};

/// The time before the next try when the process has no file descriptor, unless a connection ends before.
const RETRY: Duration = Duration::from_millis(500);

/// The minimum time between two warnings of the same kind: the client can cause them.
const QUIET: Duration = Duration::from_secs(60);

/// Accepts connections until the server stops, and returns when all are closed.
pub(super) async fn run<S: Send + Sync + 'static>(
    listener: TcpListener,
    tls: Option<Tls>,
    dispatcher: Arc<Dispatcher<S>>,
    (limits, open): (Limits, Connections),
    stop: Stop,
) {
    let mut connections = JoinSet::new();
    let serve = |connections: &mut JoinSet<()>, (stream, peer): (TcpStream, _)| {
        let tls = tls.as_ref().map(|tls| TlsAcceptor::from(tls.config()));
        let connection = Connection { peer, limits, dispatcher: Arc::clone(&dispatcher), drain: stop.drain.clone() };
        connections.spawn(connection.serve(stream, tls));
    };
    let (mut full, mut failing) = (Warning::default(), Warning::default());
    loop {
        open.set(connections.len());
        let has_room = connections.len() < limits.connections;
        if !has_room && full.is_due() {
            warn!(limit = limits.connections, "the limit of connections is reached; new connections wait");
        }
        tokio::select! {
            biased;
            () = stop.drain.signal() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if has_room => match accepted {
                Ok(accepted) => serve(&mut connections, accepted),
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    if failing.is_due() {
                        warn!(%error, "connections cannot be accepted; new connections wait");
                    }
                    // A descriptor is free when a connection has ended.
                    tokio::select! {
                        () = stop.drain.signal() => break,
                        Some(_) = connections.join_next() => {}
                        () = tokio::time::sleep(RETRY) => {}
                    }
                }
            },
        }
    }
    // The connections that were made before the socket closes are served, too: closing would reset them.
    accept_waiting(listener, |accepted| serve(&mut connections, accepted));
    tokio::select! {
        () = stop.abort.cancelled() => {}
        () = async { while connections.join_next().await.is_some() {} } => {}
    }
    connections.shutdown().await;
}

/// Accepts the connections that wait in the kernel's queue, and closes the socket. The operating system is asked, and not tokio, which
/// learns of a connection only when it next looks for events.
fn accept_waiting(listener: TcpListener, mut serve: impl FnMut((TcpStream, SocketAddr))) {
    let Ok(listener) = listener.into_std() else { return };
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                if let Ok(stream) = stream {
                    serve((stream, peer));
                }
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(_) => return,
        }
    }
}

/// Whether the error is of the connection that was to be accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// A warning that is not repeated too often.
#[derive(Default)]
struct Warning(Option<Instant>);

impl Warning {
    fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= QUIET);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}
