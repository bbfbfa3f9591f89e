//! The check, on the contract and the compiled stub: single changes of either, which it must report at their pointer or ignore.

mod equivalent;
mod exhaustive;
mod mutations;
mod semantic;
mod stub_changes;
#[path = "../support/mod.rs"]
mod support;

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; only its manifest is used")]
#[path = "../../codegen/tests/golden/all_features.rs"]
mod all_features;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; only its manifest is used")]
#[path = "../../codegen/tests/golden/bookshelf.rs"]
mod bookshelf;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated; only its manifest is used")]
#[path = "../../codegen/examples/shapes/stub.rs"]
mod shapes;

use std::collections::BTreeSet;

use dropstub_checks::check::{Manifest, RULES, Report, ServerDocument, check};
use dropstub_document::{Document, InvalidDocument};
use serde_json::{Value, json};

use support::{TOKENS, contract, with};

/// The manifest of the compiled stub.
fn manifest() -> Manifest {
    parse(aether_api::manifest())
}

fn parse(manifest: Value) -> Manifest {
    serde_json::from_value(manifest).expect("the manifest has the expected form")
}

fn compare(contract: &Value) -> Result<Report, InvalidDocument> {
    ServerDocument::new(&manifest()).compare(contract)
}

/// The pointers of the findings.
fn pointers(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| finding.pointer.to_string()).collect()
}

#[test]
fn contract_equals_the_compiled_stub() {
    assert_eq!(pointers(&compare(&contract()).unwrap()), Vec::<String>::new());
}

#[test]
fn every_rule_has_a_test_case() {
    let mut seen = BTreeSet::new();
    let mut check = |contract: &Value, manifest: &Manifest| {
        let document = Document::parse("contract.json", contract.to_string()).unwrap();
        let comparison = check(&document, manifest).unwrap();
        seen.extend(comparison.diagnostics.iter().map(|diagnostic| diagnostic.rule.id));
    };
    for (pointer, value) in [
        (format!("{TOKENS}/get"), Value::Null),
        (format!("{TOKENS}/put"), json!({"operationId": "x", "responses": {}})),
        ("/info/version".to_owned(), json!("2.0.0")),
        ("/components/schemas/ApiTokenCreate/properties/name/maxLength".to_owned(), Value::Null),
        ("/components/schemas/ApiToken/properties/name/maxLength".to_owned(), json!(1)),
    ] {
        check(&with(&contract(), &pointer, value), &manifest());
    }
    // The two parts of the manifest contradict each other.
    check(&contract(), &parse(with(&aether_api::manifest(), "/stub/operations/0/operation_id", json!("other"))));
    let missing: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| !seen.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
