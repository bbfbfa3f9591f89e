//! The signal to close connections after their requests in progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

/// A signal that is given once. Every poll of a connection looks at it: that costs one load, and not the lock of the token, which all
/// connections share.
#[derive(Debug, Clone, Default)]
pub(super) struct Drain {
    has_begun: Arc<AtomicBool>,
    token: CancellationToken,
}

impl Drain {
    pub(super) fn begin(&self) {
        // Before the token wakes the connections, so that each of them sees it.
        self.has_begun.store(true, Ordering::Release);
        self.token.cancel();
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Waits for the signal.
    pub(super) async fn signal(&self) {
        self.token.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn signal_is_seen_before_it_wakes() {
        let drain = Drain::default();
        let waiting = tokio::spawn({
            let drain = drain.clone();
            async move {
                drain.signal().await;
                drain.has_begun()
            }
        });
        assert!(!drain.has_begun());
        assert_eq!(drain.signal().now_or_never(), None);
        drain.begin();
        assert!(waiting.await.unwrap());
    }
}
