//! One connection: TLS, HTTP, and the deadlines that its activity sets.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use super::Limits;
use super::activity::{Activity, Expiry, FIRST_BYTE, WatchedStream};
use super::dispatch::Dispatcher;
use super::drain::Drain;

/// The bytes of request bodies that an HTTP/2 connection holds.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// An accepted connection.
pub(super) struct Connection<S> {
    pub(super) peer: SocketAddr,
    pub(super) limits: Limits,
    pub(super) dispatcher: Arc<Dispatcher<S>>,
    /// The signal to close the connection after its requests in progress.
    pub(super) drain: Drain,
}

impl<S: Send + Sync + 'static> Connection<S> {
    /// Serves the connection until its end.
    pub(super) async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // A small response is not to wait for the acknowledgement of the one before. Without it, it is slower.
        let _ = stream.set_nodelay(true);
        let activity = Activity::new(self.limits.stall, self.limits.idle);
        let stream = WatchedStream { stream, activity: Arc::clone(&activity) };
        let Some(tls) = tls else { return self.http(stream, activity).await };
        let handshake = timeout(self.limits.stall, tls.accept(stream));
        let result = tokio::select! {
            result = handshake => result,
            () = self.too_late() => return,
        };
        match result {
            Ok(Ok(stream)) => self.http(stream, activity).await,
            Ok(Err(error)) => debug!(peer = %self.peer, %error, "a TLS handshake failed"),
            Err(_) => debug!(peer = %self.peer, "a TLS handshake was not finished in time"),
        }
    }

    /// Waits until a TLS handshake is too late for a stop of the server.
    async fn too_late(&self) {
        self.drain.signal().await;
        sleep(FIRST_BYTE).await;
    }

    async fn http(self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static, activity: Arc<Activity>) {
        let Self { peer, limits, dispatcher, drain } = self;
        activity.end_handshake();
        let builder = builder(&limits);
        let seen = Arc::clone(&activity);
        let service = service_fn(move |request| Arc::clone(&dispatcher).dispatch(request, peer, Arc::clone(&seen)));
        let mut http = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut drained = pin!(drain.signal());
        let mut is_registered = false;
        // Other tasks end requests and responses without waking this one. Their deadlines are at least this far away.
        let longest_sleep = limits.stall.min(limits.idle);
        let mut wake = pin!(sleep_until(Instant::now() + longest_sleep));
        // The time at which the connection was asked to end, and whether HTTP knows.
        let (mut asked, mut is_closing) = (None, false);
        let ended = poll_fn(|cx| {
            if !is_registered {
                // The task keeps its waker, so once is enough.
                let _ = drained.as_mut().poll(cx);
                is_registered = true;
            }
            loop {
                if let Poll::Ready(result) = http.as_mut().poll(cx) {
                    return Poll::Ready(result.map_err(|error| error.to_string()));
                }
                let now = Instant::now();
                if asked.is_none() && drain.has_begun() {
                    asked = Some(now);
                }
                // Before the version is known, this would drop the connection, and a request that is on the way.
                if asked.is_some() && !is_closing && activity.has_version() {
                    is_closing = true;
                    http.as_mut().graceful_shutdown();
                    continue;
                }
                let deadline = activity.deadline(asked);
                match deadline {
                    Some((deadline, Expiry::Stalled)) if deadline <= now => {
                        return Poll::Ready(Err("the client made no progress".to_owned()));
                    }
                    Some((deadline, Expiry::Idle)) if deadline <= now => {
                        asked = Some(now);
                        continue;
                    }
                    _ => {}
                }
                let latest = now + longest_sleep;
                let next = deadline.map_or(latest, |(deadline, _)| deadline.min(latest));
                if wake.is_elapsed() || next < wake.deadline() {
                    wake.as_mut().reset(next);
                }
                if wake.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        });
        if let Err(error) = ended.await {
            debug!(%peer, error, "a connection was closed");
        }
    }
}

/// The settings of HTTP within the limits.
fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // The activity of the connection has the deadlines.
        .header_read_timeout(None)
        // A client can shut down its side after the request, and still receives the response.
        .half_close(true)
        .max_buf_size(limits.buffer);
    let buffer = u32::try_from(limits.buffer).unwrap_or(u32::MAX);
    builder
        .http2()
        .max_concurrent_streams(limits.streams)
        .max_send_buf_size(limits.buffer)
        .max_header_list_size(buffer)
        .initial_stream_window_size(buffer.min(CONNECTION_WINDOW))
        .initial_connection_window_size(CONNECTION_WINDOW);
    builder
}
