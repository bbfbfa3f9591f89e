//! The activity of a connection, by which it is judged: a connection without progress is closed.
//!
//! The socket, the requests and the response bodies report to it from their tasks. Time is an argument of [`State`], so its tests need
//! no waiting.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The time in which an idle connection has to end after it was asked to.
const CLOSE: Duration = Duration::from_secs(5);

/// The time in which the first byte of a connection has to arrive after it was asked to end, or its TLS handshake has to be finished. Its
/// request can be on the way.
pub(super) const FIRST_BYTE: Duration = Duration::from_secs(1);

/// The length of the preface of HTTP/2, in bytes.
const PREFACE: usize = 24;

/// The activity of one connection.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

/// The reason to close a connection at a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    /// No request is in progress: the connection is closed in order.
    Idle,
    /// The client makes no progress: the connection is dropped.
    Stalled,
}

#[derive(Debug)]
struct State {
    stall: Duration,
    idle: Duration,
    /// Whether other bytes than those of a request can arrive between requests.
    http2: bool,
    in_progress: usize,
    /// The bytes that have arrived after the TLS handshake.
    received: usize,
    /// The end of the last request; before the first one, `None`.
    idle_since: Option<Instant>,
    /// The arrival of the first byte after the TLS handshake or the last request.
    head_since: Option<Instant>,
    /// The time since when the socket takes no bytes.
    blocked_since: Option<Instant>,
    /// The responses that the client has not taken, by number, with the time of their last progress.
    responses: Vec<(u64, Instant)>,
    next_response: u64,
    opened: Instant,
}

impl State {
    fn new(stall: Duration, idle: Duration, now: Instant) -> Self {
        Self {
            stall,
            idle,
            http2: false,
            in_progress: 0,
            received: 0,
            idle_since: None,
            head_since: None,
            blocked_since: None,
            responses: Vec::new(),
            next_response: 0,
            opened: now,
        }
    }

    fn read(&mut self, count: usize, now: Instant) {
        self.received = self.received.saturating_add(count);
        if self.in_progress == 0 {
            self.head_since.get_or_insert(now);
        }
    }

    fn begin_request(&mut self) {
        self.in_progress += 1;
        self.head_since = None;
    }

    fn end_request(&mut self, now: Instant) {
        self.in_progress -= 1;
        if self.in_progress == 0 {
            self.idle_since = Some(now);
            self.head_since = None;
        }
    }

    fn begin_response(&mut self, now: Instant) -> u64 {
        let number = self.next_response;
        self.next_response += 1;
        self.responses.push((number, now));
        number
    }

    fn continue_response(&mut self, number: u64, now: Instant) {
        if let Some((_, progress)) = self.responses.iter_mut().find(|(it, _)| *it == number) {
            *progress = now;
        }
    }

    fn end_response(&mut self, number: u64) {
        self.responses.retain(|(it, _)| *it != number);
    }

    /// Whether the version of HTTP is known: a request has arrived, or as many bytes as the preface of HTTP/2 has.
    fn has_version(&self) -> bool {
        self.received >= PREFACE || self.in_progress > 0 || self.idle_since.is_some()
    }

    /// The time at which the connection has to be closed if nothing happens before; `None` while the server is at work. `asked` is the
    /// time at which the connection was asked to end.
    fn deadline(&self, asked: Option<Instant>) -> Option<(Instant, Expiry)> {
        let responses = self.responses.iter().map(|(_, progress)| *progress).min();
        let unread = [self.blocked_since, responses].into_iter().flatten().min();
        let unread = unread.map(|since| (since + self.stall, Expiry::Stalled));
        let quiet = (self.in_progress == 0).then(|| match (self.idle_since, self.head_since, asked) {
            (None, None, Some(asked)) => ((asked + FIRST_BYTE).min(self.opened + self.stall), Expiry::Stalled),
            (None, _, _) => (self.opened + self.stall, Expiry::Stalled),
            (Some(_), Some(since), _) if !self.http2 => (since + self.stall, Expiry::Stalled),
            (Some(since), _, Some(asked)) => (since.max(asked) + CLOSE.min(self.stall), Expiry::Stalled),
            (Some(since), _, None) => (since + self.idle, Expiry::Idle),
        });
        [unread, quiet].into_iter().flatten().min_by_key(|(deadline, _)| *deadline)
    }
}

impl Activity {
    pub(super) fn new(stall: Duration, idle: Duration) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::new(stall, idle, Instant::now()))))
    }

    pub(super) fn deadline(&self, asked: Option<Instant>) -> Option<(Instant, Expiry)> {
        self.lock().deadline(asked)
    }

    pub(super) fn has_version(&self) -> bool {
        self.lock().has_version()
    }

    /// Reports the end of the TLS handshake: the bytes before it are not those of a request.
    pub(super) fn end_handshake(&self) {
        let mut state = self.lock();
        (state.head_since, state.received) = (None, 0);
    }

    /// Reports a request. It is in progress until the guard is dropped.
    pub(super) fn request(self: &Arc<Self>, http2: bool) -> RequestGuard {
        let mut state = self.lock();
        state.http2 = http2;
        state.begin_request();
        drop(state);
        RequestGuard(Arc::clone(self))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in progress.
#[derive(Debug)]
pub(super) struct RequestGuard(Arc<Activity>);

impl RequestGuard {
    /// Reports that the response is ready. The client has to take it.
    pub(super) fn respond(self) -> ResponseGuard {
        let number = self.0.lock().begin_response(Instant::now());
        ResponseGuard { request: self, number }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.lock().end_request(Instant::now());
    }
}

/// A response that the client has not taken yet.
#[derive(Debug)]
pub(super) struct ResponseGuard {
    request: RequestGuard,
    number: u64,
}

impl ResponseGuard {
    /// Reports that the client has taken a part.
    pub(super) fn advance(&self) {
        self.request.0.lock().continue_response(self.number, Instant::now());
    }
}

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        self.request.0.lock().end_response(self.number);
    }
}

/// A socket that reports to an activity.
#[derive(Debug)]
pub(super) struct WatchedStream {
    pub(super) stream: TcpStream,
    pub(super) activity: Arc<Activity>,
}

impl WatchedStream {
    fn written(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let mut state = self.activity.lock();
        if result.is_pending() {
            state.blocked_since.get_or_insert_with(Instant::now);
        } else {
            state.blocked_since = None;
        }
        result
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.activity.lock().read(count, Instant::now());
        }
        result
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, buffers);
        self.written(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_secs(30);
    const IDLE: Duration = Duration::from_secs(75);

    /// The seconds from the start to the deadline after `steps`, each a second after the one before. `asked` is the second in which the
    /// connection was asked to end.
    fn deadline(steps: &[fn(&mut State, Instant)], asked: Option<u64>) -> Option<(u64, Expiry)> {
        let start = Instant::now();
        let mut state = State::new(STALL, IDLE, start);
        for (second, step) in (1..).zip(steps) {
            step(&mut state, start + Duration::from_secs(second));
        }
        let asked = asked.map(|second| start + Duration::from_secs(second));
        state.deadline(asked).map(|(deadline, expiry)| ((deadline - start).as_secs(), expiry))
    }

    const READ: fn(&mut State, Instant) = |state, now| state.read(1, now);
    const BEGIN: fn(&mut State, Instant) = |state, _| state.begin_request();
    const END: fn(&mut State, Instant) = State::end_request;
    const RESPOND: fn(&mut State, Instant) = |state, now| _ = state.begin_response(now);
    const TAKE: fn(&mut State, Instant) = |state, now| state.continue_response(0, now);
    const TAKEN: fn(&mut State, Instant) = |state, _| state.end_response(0);
    const BLOCK: fn(&mut State, Instant) = |state, now| state.blocked_since = Some(now);
    const HTTP2: fn(&mut State, Instant) = |state, _| state.http2 = true;

    #[test]
    fn connection_has_to_get_on() {
        for (name, steps, expected) in [
            ("silent from the start", &[][..], Some((30, Expiry::Stalled))),
            ("half a head at the start", &[READ, READ], Some((30, Expiry::Stalled))),
            ("a request in progress", &[READ, BEGIN], None),
            ("a body that arrives", &[BEGIN, READ], None),
            ("idle", &[BEGIN, END], Some((77, Expiry::Idle))),
            ("half a head after a request", &[BEGIN, END, READ, READ], Some((33, Expiry::Stalled))),
            ("a ping on HTTP/2", &[HTTP2, BEGIN, END, READ], Some((78, Expiry::Idle))),
            ("one of two requests ended", &[BEGIN, BEGIN, END], None),
            ("a response that is not taken", &[BEGIN, RESPOND], Some((32, Expiry::Stalled))),
            ("a response that is taken slowly", &[BEGIN, RESPOND, TAKE], Some((33, Expiry::Stalled))),
            (
                "one of two responses is not taken",
                &[BEGIN, BEGIN, RESPOND, RESPOND, TAKEN],
                Some((34, Expiry::Stalled)),
            ),
            ("a response that was taken", &[BEGIN, RESPOND, TAKEN, END], Some((79, Expiry::Idle))),
            ("a full socket", &[BEGIN, BLOCK, END], Some((32, Expiry::Stalled))),
        ] {
            assert_eq!(deadline(steps, None), expected, "{name}");
        }
    }

    #[test]
    fn connection_that_was_asked_to_end_has_to_end() {
        for (name, steps, expected) in [
            ("silent from the start", &[][..], Some((11, Expiry::Stalled))),
            ("half a head at the start", &[READ], Some((30, Expiry::Stalled))),
            ("a request in progress", &[READ, BEGIN], None),
            ("idle", &[BEGIN, END], Some((15, Expiry::Stalled))),
            ("idle with an open window", &[HTTP2, BEGIN, END, READ], Some((15, Expiry::Stalled))),
            ("half a head after a request", &[BEGIN, END, READ], Some((33, Expiry::Stalled))),
            ("a response that is not taken", &[BEGIN, RESPOND], Some((32, Expiry::Stalled))),
        ] {
            assert_eq!(deadline(steps, Some(10)), expected, "{name}");
        }
        assert_eq!(deadline(&[BEGIN, END], Some(1)), Some((7, Expiry::Stalled)), "its last request ended later");
    }
}
