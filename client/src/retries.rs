//! The settings of retries.

use std::time::Duration;

/// When and how often the client repeats a failed attempt. See [the guide](crate::guide::retries).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    pub(crate) max_attempts: u32,
    pub(crate) base_delay: Duration,
    pub(crate) max_delay: Duration,
}

impl Retries {
    /// No retries: each call is one attempt.
    #[must_use]
    pub fn off() -> Self {
        Self::attempts(1)
    }

    /// At most this number of attempts, the first included. Zero is one.
    #[must_use]
    pub fn attempts(max_attempts: u32) -> Self {
        let (base_delay, max_delay) = (Duration::from_millis(100), Duration::from_secs(5));
        Self { max_attempts: max_attempts.max(1), base_delay, max_delay }
    }

    /// The greatest delay before the second attempt, and that before any attempt. The defaults are 100 ms and 5 s.
    ///
    /// A delay is random below a bound, which doubles with each attempt. A `Retry-After` of the server comes first.
    #[must_use]
    pub fn delays(mut self, base: Duration, max: Duration) -> Self {
        /// A bound for the arithmetic of delays.
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        (self.base_delay, self.max_delay) = (base.min(DAY), max.min(DAY));
        self
    }
}

/// Ten attempts, as long as the time limit of the call allows.
impl Default for Retries {
    fn default() -> Self {
        Self::attempts(10)
    }
}
