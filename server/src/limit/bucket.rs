//! A token bucket as one number: the moment at which it will be full again.
//!
//! Each request takes one and moves that moment on by the time that one takes to come back (GCRA). A bucket that is full
//! is one whose moment has passed, so an unknown bucket and a full one are the same, and full ones can be forgotten.

use std::fmt;
use std::time::Duration;

const MINUTE: u64 = 60_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// How large a bucket is, and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many requests a full bucket allows at once.
    burst: u64,
    /// How long one request takes to come back, in nanoseconds; rounded up, so that the rate is never exceeded.
    interval: u64,
}

/// How full a bucket is after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Whether the request is let through.
    pub allowed: bool,
    /// How many more are, right now.
    pub remaining: u64,
    /// How long until the bucket is full, in nanoseconds.
    full_in: u64,
    /// How long until the next request is let through, in nanoseconds.
    next_in: u64,
}

impl Rate {
    /// A bucket of `burst`, filled with `per_minute`. Both are at least 1.
    #[must_use]
    pub fn new(burst: u32, per_minute: u32) -> Self {
        Self { burst: burst.max(1).into(), interval: MINUTE.div_ceil(per_minute.max(1).into()) }
    }

    /// How long an empty bucket takes to be full, in nanoseconds.
    const fn window(self) -> u64 {
        self.burst.saturating_mul(self.interval)
    }

    /// Takes one request out of a bucket that will be full at `full_at`, at the time `now`. Both are nanoseconds of one
    /// clock that does not go back. Returns the moment at which the bucket is full from now on.
    #[must_use]
    pub fn take(self, full_at: u64, now: u64) -> (u64, Level) {
        let missing = full_at.saturating_sub(now);
        let after = missing.saturating_add(self.interval);
        let allowed = after <= self.window();
        let missing = if allowed { after } else { missing };
        let level = Level {
            allowed,
            remaining: self.window().saturating_sub(missing) / self.interval,
            full_in: missing,
            next_in: missing.saturating_add(self.interval).saturating_sub(self.window()),
        };
        (now.saturating_add(missing), level)
    }
}

/// As a `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers: the quota, and the seconds in which it comes back.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "q={};w={}", self.burst, self.window().div_ceil(SECOND))
    }
}

/// As a `RateLimit` of the same: what is left, and the seconds until all of it is back.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r={};t={}", self.remaining, self.full_in.div_ceil(SECOND))
    }
}

impl Level {
    /// After how many whole seconds the next request is let through, at least 1.
    #[must_use]
    pub fn retry_after(self) -> i32 {
        i32::try_from(self.next_in.div_ceil(SECOND)).unwrap_or(i32::MAX).max(1)
    }

    #[must_use]
    pub fn full_in(self) -> Duration {
        Duration::from_nanos(self.full_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let rate = Rate::new(120, 100);
        assert_eq!(rate.to_string(), "q=120;w=72");
        let mut full_at = 0;
        let mut take = |now: u64| {
            let level;
            (full_at, level) = rate.take(full_at, now);
            (level.allowed, level.to_string(), level.retry_after())
        };
        assert_eq!(take(0), (true, "r=119;t=1".into(), 1));
        for _ in 1..119 {
            assert!(take(0).0);
        }
        assert_eq!(take(0), (true, "r=0;t=72".into(), 1));
        assert_eq!(take(0), (false, "r=0;t=72".into(), 1));
        assert!(!take(SECOND / 2).0);
        // One comes back each 0.6 seconds.
        assert_eq!(take(600_000_000), (true, "r=0;t=72".into(), 1));
        assert!(!take(600_000_001).0);
        assert_eq!(take(100 * SECOND), (true, "r=119;t=1".into(), 1), "no more than a bucket is saved up");
    }

    #[test]
    fn who_has_to_wait_is_told_how_long() {
        let rate = Rate::new(1, 6);
        let (full_at, _) = rate.take(0, 0);
        let (_, level) = rate.take(full_at, SECOND);
        assert!(!level.allowed);
        assert_eq!(level.retry_after(), 9);
        assert!(rate.take(full_at, 10 * SECOND).1.allowed);
    }

    proptest::proptest! {
        /// Whatever the times of the requests, no stretch of time lets more through than a bucket and what fills it.
        #[test]
        fn never_more_than_burst_and_rate(
            burst in 1_u32..50,
            per_minute in 1_u32..2000,
            gaps in proptest::collection::vec(0_u64..5_000_000_000, 1..400),
        ) {
            let rate = Rate::new(burst, per_minute);
            let (mut now, mut full_at, mut passed) = (0, 0, Vec::new());
            for gap in gaps {
                now += gap;
                let level;
                (full_at, level) = rate.take(full_at, now);
                if level.allowed {
                    passed.push(now);
                }
            }
            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let (count, time) = ((last - first + 1) as u128, u128::from(to - from));
                    let most = u128::from(burst) + time * u128::from(per_minute) / u128::from(MINUTE);
                    proptest::prop_assert!(count <= most, "{count} in {time} ns, where {most} may be");
                }
            }
        }
    }
}
