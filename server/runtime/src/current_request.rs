//! The request in whose course a thread works, for the lines of a log.
//!
//! A span of tracing says the same, but is made for each request and formatted by each subscriber, and few requests log anything.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;

use uuid::Uuid;

use super::trace_parent::TraceParent;

thread_local! {
    static CURRENT: Cell<Option<CurrentRequest>> = const { Cell::new(None) };
}

/// A request in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentRequest {
    /// The request id in `x-request-id`.
    pub id: Uuid,
    /// The operation's id.
    pub operation: &'static str,
    /// The trace that the caller names.
    pub trace: Option<TraceParent>,
}

/// The request in whose course this thread works now, if any. A log shows it with each line.
#[must_use]
pub fn current_request() -> Option<CurrentRequest> {
    CURRENT.get()
}

/// Runs a future in the course of a request.
pub(crate) async fn in_request<T>(request: CurrentRequest, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _entered = Entered(CURRENT.replace(Some(request)));
        future.as_mut().poll(context)
    })
    .await
}

/// Restores the request before when it is dropped.
struct Entered(Option<CurrentRequest>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn thread_is_in_a_request_while_it_runs_its_future() {
        let request = |number| CurrentRequest { id: Uuid::from_u128(number), operation: "a", trace: None };
        let yields = || async {
            assert_eq!(current_request(), Some(request(2)));
            futures::pending!();
            assert_eq!(current_request(), Some(request(2)));
        };
        let outer = in_request(request(1), async {
            let mut inner = pin!(in_request(request(2), yields()));
            while inner.as_mut().now_or_never().is_none() {
                assert_eq!(current_request(), Some(request(1)));
            }
            assert_eq!(current_request(), Some(request(1)));
        });
        assert_eq!(outer.now_or_never(), Some(()));
        assert_eq!(current_request(), None);
    }
}
