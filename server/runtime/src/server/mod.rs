//! An HTTP server for a [`Router`]: HTTP/1.1 and HTTP/2 on one port, with or without TLS.
//!
//! Dropshot's server takes no listener and has no limits of connections, so this one stands beside it on hyper. [`accept`] takes
//! connections, [`connection`] serves one and watches it by its [`activity`], [`dispatch`] routes its requests after the checks of
//! [`protocol`], and [`incoming`] and [`outgoing`] are the bodies. [`drain`] ends them in order.

mod accept;
mod activity;
mod connection;
mod date;
mod dispatch;
mod drain;
mod incoming;
mod outgoing;
mod protocol;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::pipeline::Context;
use super::router::Router;
use dispatch::Dispatcher;
use drain::Drain;

pub use dispatch::Completed;

/// The number of connections that the kernel keeps while they wait to be accepted.
const BACKLOG: u32 = 1024;

/// The limits of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time. Further ones wait in the kernel's queue.
    pub connections: usize,
    /// Concurrent requests of an HTTP/2 connection.
    pub streams: u32,
    /// Bytes that wait in a connection: the head of a request, and unsent bytes of a response or a stream. At least [`MIN_BUFFER`].
    pub buffer: usize,
    /// The time in which a connection has to make progress: with the TLS handshake and its first request, with the head of a request, and
    /// with the reading of a response.
    pub stall: Duration,
    /// The time between two requests of a connection.
    pub idle: Duration,
}

/// The minimum of [`Limits::buffer`], in bytes.
pub const MIN_BUFFER: usize = 8192;

/// The certificate of a server. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// A certificate with its key, in the configuration of rustls.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(config))))
    }

    /// Replaces the certificate for new connections.
    pub fn replace(&self, config: ServerConfig) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The number of a server's open connections. Clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<AtomicUsize>);

impl Connections {
    /// The number of open connections.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, open: usize) {
        self.0.store(open, Ordering::Relaxed);
    }
}

/// A running server. It goes on when this is dropped.
pub struct Server {
    address: SocketAddr,
    connections: Connections,
    stop: Stop,
    accepting: JoinHandle<()>,
}

/// The signals of a stop.
#[derive(Debug, Clone, Default)]
struct Stop {
    /// No connection is accepted, and each is closed after its requests in progress.
    drain: Drain,
    /// Every connection is closed.
    abort: CancellationToken,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Binds an address. Connections are refused until it is [listened on](listen).
///
/// # Errors
/// Fails if the address cannot be bound, for example because another program listens on it.
pub fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server can bind while connections of the one before are in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Listens on a bound address. Connections wait until a server is started.
///
/// # Errors
/// Fails if another program has bound the address meanwhile, and listens on it.
pub fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG)
}

impl Server {
    /// Starts a server. `observe` is called once for each request, when its response is ready or its client has gone.
    ///
    /// # Errors
    /// Fails if the listener has no address.
    pub fn start<S: Send + Sync + 'static>(
        listener: TcpListener,
        tls: Option<Tls>,
        (router, context): (Router<S>, Context<S>),
        limits: Limits,
        observe: fn(&S, &Completed<'_>),
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let dispatcher = Arc::new(Dispatcher { router, context: Arc::new(context), observe });
        let (stop, limits) = (Stop::default(), Limits { buffer: limits.buffer.max(MIN_BUFFER), ..limits });
        let connections = Connections::default();
        let accepting = accept::run(listener, tls, dispatcher, (limits, connections.clone()), stop.clone());
        Ok(Self { address, connections, stop, accepting: tokio::spawn(accepting) })
    }

    /// The address, with the actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The open connections.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// Refuses new connections, waits at most `grace` for the requests in progress, and closes every connection. Returns whether all
    /// requests were finished.
    pub async fn stop(mut self, grace: Duration) -> bool {
        self.stop.drain.begin();
        let finished = tokio::time::timeout(grace, &mut self.accepting).await.is_ok();
        self.stop.abort.cancel();
        if !finished {
            let _ = self.accepting.await;
        }
        finished
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use dropshot::Body;
    use http::{Method, Response};
    use serde_json::Value;

    use super::super::endpoint::{RejectionBody, ServiceAdapter};
    use super::super::rejection::Rejection;
    use super::*;

    struct Adapter;

    impl ServiceAdapter for Adapter {
        type Service = ();
    }

    impl RejectionBody<Value> for Adapter {
        fn error_body(_: &Rejection) -> Value {
            Value::Null
        }
    }

    #[tokio::test]
    async fn request_that_waits_for_the_server_when_it_stops_is_served() {
        const PATIENCE: Duration = Duration::from_secs(30);
        let limits = Limits { connections: 1, streams: 1, buffer: MIN_BUFFER, stall: PATIENCE, idle: PATIENCE };
        let mut router = Router::new::<Adapter, Value>();
        router.endpoint(Method::GET, "/", |_, _| async { Response::new(Body::empty()) });
        let context = Context { service: (), body_timeout: PATIENCE };
        let listener = bind(([127, 0, 0, 1], 0).into()).and_then(listen).unwrap();
        let server = Server::start(listener, None, (router, context), limits, |(), _| {}).unwrap();
        // The runtime has one thread, so the server accepts nothing before it stops.
        let mut waiting = TcpStream::connect(server.address()).unwrap();
        waiting.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        assert!(server.stop(PATIENCE).await);
        let mut response = String::new();
        waiting.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response:?}");
    }
}
