//! Polling for effects that happen after the response.

use std::time::{Duration, Instant};

/// Longer than any effect takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The pause between two polls. A deployment is not to be flooded.
const PAUSE: Duration = Duration::from_millis(25);

/// Calls `poll` until it returns a value.
///
/// # Panics
/// If it returns none within half a minute. The message contains `description`.
pub async fn eventually<T>(description: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    let mut pause = Duration::ZERO;
    loop {
        if let Some(value) = poll().await {
            return value;
        }
        assert!(Instant::now() < deadline, "timeout while waiting for {description}");
        tokio::time::sleep(pause).await;
        pause = (pause + PAUSE).min(20 * PAUSE);
    }
}
