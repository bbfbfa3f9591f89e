//! Which answers of which operations were seen. What the contract documents and no test saw is found here.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::contract::CONTRACT;

static SEEN: Mutex<BTreeSet<(String, u16)>> = Mutex::new(BTreeSet::new());

pub(crate) fn record(operation: &str, status: u16) {
    SEEN.lock().expect("nobody panics while recording").insert((operation.to_owned(), status));
}

/// Every documented answer that was not seen, as `operation status`.
///
/// `exceptions` are answers that cannot be provoked without a hook in the product. One that was seen, or that the
/// contract does not document, has to be taken off the list, so the list can only shrink.
#[must_use]
pub fn gaps(exceptions: &[(&str, u16)]) -> Vec<String> {
    let seen = SEEN.lock().expect("nobody panics while recording");
    let documented: BTreeSet<_> = CONTRACT
        .operations
        .iter()
        .flat_map(|operation| operation.responses.keys().map(|status| (operation.id.clone(), *status)))
        .collect();
    let excepted: BTreeSet<_> = exceptions.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect();
    let unseen = documented.difference(&seen).filter(|answer| !excepted.contains(*answer));
    let idle = excepted.iter().filter(|answer| seen.contains(*answer) || !documented.contains(*answer));
    unseen
        .map(|(id, status)| format!("{id} {status}: documented, and no test saw it"))
        .chain(idle.map(|(id, status)| format!("{id} {status}: an exception that is none any more")))
        .collect()
}
