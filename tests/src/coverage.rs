//! Coverage of the contract: each pair of operation and status, and each listed value, that the tests observed.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::contract::CONTRACT;

static OBSERVED: Mutex<BTreeSet<(String, u16)>> = Mutex::new(BTreeSet::new());

static OBSERVED_VALUES: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// Records a value of the list with this name.
pub(crate) fn record_value(list: &str, value: &str) {
    OBSERVED_VALUES.lock().expect("no panic while locked").insert((list.to_owned(), value.to_owned()));
}

pub(crate) fn record(operation: &str, status: u16) {
    OBSERVED.lock().expect("no panic while locked").insert((operation.to_owned(), status));
}

/// Returns every documented response that was not observed, as `operation status`, and every listed value.
///
/// `exceptions` are responses that cannot be provoked without a hook in the product. An exception that was observed or
/// is not documented is returned, too, so the list can only shrink.
#[must_use]
pub fn gaps(exceptions: &[(&str, u16)]) -> Vec<String> {
    let observed = OBSERVED.lock().expect("no panic while locked");
    let documented: BTreeSet<_> = CONTRACT
        .operations
        .iter()
        .flat_map(|operation| operation.responses.keys().map(|status| (operation.id.clone(), *status)))
        .collect();
    let exceptions: BTreeSet<_> = exceptions.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect();
    let unobserved = documented.difference(&observed).filter(|response| !exceptions.contains(*response));
    let obsolete = exceptions.iter().filter(|response| observed.contains(*response) || !documented.contains(*response));
    let observed_values = OBSERVED_VALUES.lock().expect("no panic while locked");
    let listed = CONTRACT.listed_values();
    let unobserved_values = listed.difference(&observed_values);
    unobserved_values
        .map(|(list, value)| format!("{list} {value}: listed, but not observed by any test"))
        .chain(unobserved.map(|(id, status)| format!("{id} {status}: documented, but not observed by any test")))
        .chain(obsolete.map(|(id, status)| format!("{id} {status}: obsolete exception")))
        .collect()
}
