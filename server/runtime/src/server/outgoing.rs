//! Response bodies on their way to the client.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dropshot::Body as Inner;
use hyper::body::{Body, Frame, SizeHint};

use super::activity::ResponseGuard;

/// The size of a frame, in bytes: the default maximum of HTTP/2.
const FRAME: usize = 16 * 1024;

/// A response body. It reports its progress, and lives until the client has taken it.
#[derive(Debug)]
pub(super) struct OutgoingBody {
    inner: Inner,
    /// The part of a frame that was not sent.
    rest: Bytes,
    /// Whether the body is sent in small frames, the last byte in one of its own. HTTP/2 asks for a frame as soon as the client's window
    /// has one byte, and keeps the part that the window does not hold. With the last byte apart, the body lives until the client has
    /// opened its window for all of it.
    split: bool,
    guard: ResponseGuard,
}

impl OutgoingBody {
    pub(super) fn new(inner: Inner, split: bool, guard: ResponseGuard) -> Self {
        Self { inner, rest: Bytes::new(), split, guard }
    }

    fn next_part(&mut self) -> Frame<Bytes> {
        let length = if self.split && self.rest.len() > 1 { FRAME.min(self.rest.len() - 1) } else { self.rest.len() };
        Frame::data(self.rest.split_to(length))
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = <Inner as Body>::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.guard.advance();
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.next_part())));
        }
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        let Poll::Ready(Some(Ok(frame))) = polled else { return polled };
        Poll::Ready(Some(Ok(match frame.into_data() {
            Ok(data) => {
                self.rest = data;
                self.next_part()
            }
            Err(trailers) => trailers,
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
