//! A check of the file system that is skipped for a few milliseconds after it has passed.
//!
//! A write would otherwise spend a tenth of its time on paths. Their state can change between the check and the write, however short the
//! time between them is.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time for which a check that has passed is skipped.
const VALID: Duration = Duration::from_millis(10);

/// The time when a check last passed.
#[derive(Debug, Default)]
pub(super) struct RecentPass(Mutex<Option<Instant>>);

impl RecentPass {
    /// Makes the check, unless it has passed a moment ago.
    pub(super) fn check<E>(&self, check: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut passed = self.lock();
        if passed.is_some_and(|passed| passed.elapsed() < VALID) {
            return Ok(());
        }
        let result = check();
        *passed = result.is_ok().then(Instant::now);
        result
    }

    /// Requires that the next check is made.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_check_is_made_again_and_a_passed_one_after_a_moment() {
        let recent = RecentPass::default();
        assert_eq!(recent.check(|| Err(1)), Err(1));
        assert_eq!(recent.check(|| Err(2)), Err(2));
        let passed = Instant::now();
        assert_eq!(recent.check(|| Ok::<_, i32>(())), Ok(()));
        while recent.check(|| Err(3)).is_ok() {}
        assert!(passed.elapsed() >= VALID);
        assert_eq!(recent.check(|| Ok::<_, i32>(())), Ok(()));
        recent.forget();
        assert_eq!(recent.check(|| Err(4)), Err(4));
    }
}
