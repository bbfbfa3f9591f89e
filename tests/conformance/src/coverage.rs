//! Coverage of the contract: each pair of operation and status, and each listed value, that was observed.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::contract::CONTRACT;

/// The observed responses and listed values of one server or of several.
#[derive(Debug, Default)]
pub struct Coverage {
    responses: Mutex<BTreeSet<(String, u16)>>,
    values: Mutex<BTreeSet<(String, String)>>,
}

impl Coverage {
    /// Coverage of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { responses: Mutex::new(BTreeSet::new()), values: Mutex::new(BTreeSet::new()) }
    }

    /// Records a response of an operation.
    pub fn record(&self, operation: &str, status: u16) {
        lock(&self.responses).insert((operation.to_owned(), status));
    }

    /// Records a value of the list with this name.
    pub(crate) fn record_value(&self, list: &str, value: &str) {
        lock(&self.values).insert((list.to_owned(), value.to_owned()));
    }

    /// Returns whether a response of an operation was observed.
    #[must_use]
    pub fn has(&self, operation: &str, status: u16) -> bool {
        lock(&self.responses).contains(&(operation.to_owned(), status))
    }

    /// Every listed value that was not observed, with the name of its list: `ErrorBody.code`, or the id of an operation for
    /// the codes of its 409.
    #[must_use]
    pub fn missing_values(&self) -> Vec<(String, String)> {
        CONTRACT.listed_values().difference(&lock(&self.values)).cloned().collect()
    }

    /// Every documented response that was not observed, as the id of its operation and the status.
    #[must_use]
    pub fn missing_responses(&self) -> Vec<(String, u16)> {
        let observed = lock(&self.responses);
        let documented = CONTRACT
            .operations
            .iter()
            .flat_map(|operation| operation.responses.keys().map(|status| (operation.id.clone(), *status)));
        documented.filter(|response| !observed.contains(response)).collect()
    }
}

/// A test that fails while it records leaves the sets whole.
fn lock<T>(set: &Mutex<T>) -> MutexGuard<'_, T> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}
