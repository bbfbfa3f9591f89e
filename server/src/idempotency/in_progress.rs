//! The idempotent requests in progress. A second request with the same key is rejected with a hint to retry.
//!
//! This only saves work: the record in the database prevents a second execution.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::KeyHash;

/// The keys of requests in progress, by caller.
#[derive(Debug, Clone, Default)]
pub struct InProgress(Arc<Mutex<HashSet<(Uuid, KeyHash)>>>);

/// The right to execute the request of a key. It ends when the guard is dropped.
#[derive(Debug)]
pub struct InProgressGuard {
    in_progress: InProgress,
    key: (Uuid, KeyHash),
}

impl InProgress {
    /// Begins a request, unless one with the same key is in progress.
    #[must_use]
    pub fn begin(&self, caller: Uuid, key: KeyHash) -> Option<InProgressGuard> {
        self.lock().insert((caller, key)).then(|| InProgressGuard { in_progress: self.clone(), key: (caller, key) })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(Uuid, KeyHash)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InProgressGuard {
    fn drop(&mut self) {
        self.in_progress.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::Key;

    #[test]
    fn second_request_with_the_key_waits_for_the_first() {
        let (in_progress, caller, key) = (InProgress::default(), Uuid::nil(), Key::new("k").hash());
        let first = in_progress.begin(caller, key).unwrap();
        assert!(in_progress.begin(caller, key).is_none());
        assert!(
            in_progress.begin(Uuid::from_u128(1), key).is_some()
                && in_progress.begin(caller, Key::new("l").hash()).is_some()
        );
        drop(first);
        assert!(in_progress.begin(caller, key).is_some());
    }
}
