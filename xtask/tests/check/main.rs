//! The check, on the real contract and the real compiled stub: single changes of the contract, each of which has to be
//! found where it was made, or has to make no difference.

mod everything;
mod meaning;
mod neutral;
mod score;
mod stub_edits;

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and only asked for its account")]
#[path = "../../codegen/tests/golden/bookshelf.rs"]
mod bookshelf;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and only asked for its account")]
#[path = "../../codegen/examples/shapes/stub.rs"]
mod shapes;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "it is generated, and only asked for its account")]
#[path = "../../codegen/tests/golden/all_features.rs"]
mod all_features;

use dropstub_checks::check::{self as compare, Account, Report};
use dropstub_document::InvalidDocument;
use serde_json::Value;
use xtask::project;

/// The contract.
fn contract() -> Value {
    project::contract().expect("the contract can be read").value
}

/// The compiled stub's account of itself.
fn account() -> Account {
    serde_json::from_value(aether_api::account()).expect("the account is what the check reads")
}

fn compare(contract: &Value) -> Result<Report, InvalidDocument> {
    compare::compare(contract, &account())
}

/// The pointers of the findings.
fn found(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| finding.pointer.to_string()).collect()
}

#[test]
fn the_contract_and_the_stub_are_the_same() {
    assert_eq!(found(&compare(&contract()).unwrap()), Vec::<String>::new());
}
