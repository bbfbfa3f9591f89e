//! The requests under way, so that a second one under the same key is told to wait instead of being done twice.
//!
//! This is a courtesy: what keeps a request from being done twice is the row in the database.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::KeyHash;

/// The keys under way, by caller.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<(Uuid, KeyHash)>>>);

/// The right to be the one that is under way. It ends when this is dropped.
#[derive(Debug)]
pub struct Ticket {
    all: InFlight,
    mine: (Uuid, KeyHash),
}

impl InFlight {
    /// The right to go on, or nothing where somebody else has it.
    #[must_use]
    pub fn begin(&self, caller: Uuid, key: KeyHash) -> Option<Ticket> {
        self.lock().insert((caller, key)).then(|| Ticket { all: self.clone(), mine: (caller, key) })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(Uuid, KeyHash)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.all.lock().remove(&self.mine);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::Key;

    #[test]
    fn one_is_under_way_at_a_time() {
        let (all, caller, key) = (InFlight::default(), Uuid::nil(), Key::new("k").hash());
        let first = all.begin(caller, key).unwrap();
        assert!(all.begin(caller, key).is_none());
        assert!(all.begin(Uuid::from_u128(1), key).is_some() && all.begin(caller, Key::new("l").hash()).is_some());
        drop(first);
        assert!(all.begin(caller, key).is_some());
    }
}
