//! Polling for effects that happen after the response.

use std::time::{Duration, Instant};

/// Longer than any effect takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Calls `poll` until it returns a value.
///
/// # Panics
/// If it returns none within the timeout. The message contains `description`.
pub async fn eventually<T>(description: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(value) = poll().await {
            return value;
        }
        assert!(Instant::now() < deadline, "timeout while waiting for {description}");
        tokio::task::yield_now().await;
    }
}
