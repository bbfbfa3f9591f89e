//! A token bucket as one number: the time at which it is full again (GCRA).
//!
//! Each request postpones that time by the interval in which one unit is refilled. A bucket is full if the time has passed, so a full bucket
//! equals an unknown one and can be removed from memory.

use std::fmt;

const MINUTE: u64 = 60_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// The size of a bucket, and the rate at which it refills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// The number of requests that a full bucket allows at once.
    burst: u64,
    /// The time in which one request is refilled, in nanoseconds; rounded up, so the rate is never exceeded.
    interval: u64,
}

/// The state of a bucket after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BucketState {
    /// Whether the request is allowed.
    pub allowed: bool,
    /// The number of further requests that are allowed now.
    pub remaining: u64,
    /// The time until the bucket is full, in nanoseconds.
    full_in: u64,
    /// The time until the next request is allowed, in nanoseconds.
    next_in: u64,
}

impl Rate {
    /// The rate of a bucket of size `burst` that refills `per_minute`. Values below 1 count as 1.
    #[must_use]
    pub(crate) fn new(burst: u32, per_minute: u32) -> Self {
        Self { burst: burst.max(1).into(), interval: MINUTE.div_ceil(per_minute.max(1).into()) }
    }

    /// The time in which an empty bucket becomes full, in nanoseconds.
    const fn window(self) -> u64 {
        self.burst.saturating_mul(self.interval)
    }

    /// Takes one request at `now` from a bucket that is full at `full_at`, both in nanoseconds of one monotonic clock. Returns the new
    /// time at which the bucket is full.
    #[must_use]
    pub(crate) fn take(self, full_at: u64, now: u64) -> (u64, BucketState) {
        let missing = full_at.saturating_sub(now);
        let after = missing.saturating_add(self.interval);
        let allowed = after <= self.window();
        let missing = if allowed { after } else { missing };
        let state = BucketState {
            allowed,
            remaining: self.window().saturating_sub(missing) / self.interval,
            full_in: missing,
            next_in: missing.saturating_add(self.interval).saturating_sub(self.window()),
        };
        (now.saturating_add(missing), state)
    }
}

/// The parameters of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers): the quota, and its window in seconds.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "q={};w={}", self.burst, self.window().div_ceil(SECOND))
    }
}

/// The parameters of `RateLimit`: the remaining quota, and the seconds until it is restored.
impl fmt::Display for BucketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r={};t={}", self.remaining, self.full_in.div_ceil(SECOND))
    }
}

impl BucketState {
    /// The whole seconds until the next request is allowed, at least 1.
    #[must_use]
    pub(crate) fn retry_after(self) -> i32 {
        i32::try_from(self.next_in.div_ceil(SECOND)).unwrap_or(i32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_empties_and_refills() {
        let rate = Rate::new(120, 100);
        assert_eq!(rate.to_string(), "q=120;w=72");
        let mut full_at = 0;
        let mut take = |now: u64| {
            let state;
            (full_at, state) = rate.take(full_at, now);
            (state.allowed, state.to_string(), state.retry_after())
        };
        assert_eq!(take(0), (true, "r=119;t=1".into(), 1));
        for _ in 1..119 {
            assert!(take(0).0);
        }
        assert_eq!(take(0), (true, "r=0;t=72".into(), 1));
        assert_eq!(take(0), (false, "r=0;t=72".into(), 1));
        assert!(!take(SECOND / 2).0);
        // One request is refilled every 0.6 seconds.
        assert_eq!(take(600_000_000), (true, "r=0;t=72".into(), 1));
        assert!(!take(600_000_001).0);
        assert_eq!(take(100 * SECOND), (true, "r=119;t=1".into(), 1), "a bucket does not grow beyond its size");
    }

    #[test]
    fn denied_request_has_a_retry_time() {
        let rate = Rate::new(1, 6);
        let (full_at, _) = rate.take(0, 0);
        let (_, state) = rate.take(full_at, SECOND);
        assert!(!state.allowed);
        assert_eq!(state.retry_after(), 9);
        assert!(rate.take(full_at, 10 * SECOND).1.allowed);
    }

    proptest::proptest! {
        /// No period allows more requests than the bucket's size plus the refill.
        #[test]
        fn requests_never_exceed_burst_and_rate(
            burst in 1_u32..50,
            per_minute in 1_u32..2000,
            gaps in proptest::collection::vec(0_u64..5_000_000_000, 1..400),
        ) {
            let rate = Rate::new(burst, per_minute);
            let (mut now, mut full_at, mut passed) = (0, 0, Vec::new());
            for gap in gaps {
                now += gap;
                let state;
                (full_at, state) = rate.take(full_at, now);
                if state.allowed {
                    passed.push(now);
                }
            }
            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let (count, time) = ((last - first + 1) as u128, u128::from(to - from));
                    let most = u128::from(burst) + time * u128::from(per_minute) / u128::from(MINUTE);
                    proptest::prop_assert!(count <= most, "{count} in {time} ns, at most {most} allowed");
                }
            }
        }
    }
}
