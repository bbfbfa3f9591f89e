//! The idempotent requests in flight. A second request with the same key is rejected with a hint to retry.
//!
//! This only saves work: the record in the database prevents a second execution.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::KeyHash;

/// The keys in flight, by caller.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<(Uuid, KeyHash)>>>);

/// The right to execute the request of a key. It ends when the guard is dropped.
#[derive(Debug)]
pub struct InFlightGuard {
    in_flight: InFlight,
    key: (Uuid, KeyHash),
}

impl InFlight {
    /// Begins a request, unless one with the same key is in flight.
    #[must_use]
    pub fn begin(&self, caller: Uuid, key: KeyHash) -> Option<InFlightGuard> {
        self.lock().insert((caller, key)).then(|| InFlightGuard { in_flight: self.clone(), key: (caller, key) })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(Uuid, KeyHash)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::Key;

    #[test]
    fn second_request_with_the_key_waits_for_the_first() {
        let (in_flight, caller, key) = (InFlight::default(), Uuid::nil(), Key::new("k").hash());
        let first = in_flight.begin(caller, key).unwrap();
        assert!(in_flight.begin(caller, key).is_none());
        assert!(
            in_flight.begin(Uuid::from_u128(1), key).is_some()
                && in_flight.begin(caller, Key::new("l").hash()).is_some()
        );
        drop(first);
        assert!(in_flight.begin(caller, key).is_some());
    }
}
