//! The delays between attempts.

use std::time::Duration;

use crate::Retries;

/// Exponential delays with full jitter: each is random between zero and a bound that doubles. Clients that failed together
/// do not return together.
#[derive(Debug)]
pub(super) struct FullJitter {
    bound: Duration,
    max_delay: Duration,
    remaining: u32,
}

impl FullJitter {
    pub(super) fn new(retries: &Retries) -> Self {
        let Retries { max_attempts, base_delay, max_delay } = *retries;
        Self { bound: base_delay.min(max_delay), max_delay, remaining: max_attempts.saturating_sub(1) }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.remaining = self.remaining.checked_sub(1)?;
        let delay = self.bound.mul_f64(fastrand::f64());
        self.bound = self.bound.saturating_mul(2).min(self.max_delay);
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_below_their_doubling_bounds_and_spread() {
        let retries = Retries::attempts(8).delays(Duration::from_millis(100), Duration::from_secs(1));
        let bounds = [100, 200, 400, 800, 1000, 1000, 1000].map(Duration::from_millis);
        let mut greatest = [Duration::ZERO; 7];
        for _ in 0..1000 {
            let delays: Vec<_> = FullJitter::new(&retries).collect();
            assert_eq!(delays.len(), bounds.len());
            for ((delay, bound), greatest) in delays.iter().zip(bounds).zip(&mut greatest) {
                assert!(*delay <= bound);
                *greatest = (*greatest).max(*delay);
            }
        }
        for (greatest, bound) in greatest.iter().zip(bounds) {
            assert!(*greatest > bound / 2, "{greatest:?} of {bound:?}");
        }
        assert_eq!(FullJitter::new(&Retries::off()).count(), 0);
    }
}
