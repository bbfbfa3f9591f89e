//! The check on a small contract and on invalid input, with manifests that are derived from contracts.
//!
//! `xtask/tests/check` tests the check on Aether's contract and compiled stubs.

mod equivalent;
mod fake_manifest;
mod robustness;
mod semantic;

use serde_json::Value;

use super::{Manifest, Report, ServerDocument};
use dropstub_document::{Document, InvalidDocument};

fn compare(contract: &Value, manifest: &Manifest) -> Result<Report, InvalidDocument> {
    ServerDocument::new(manifest).compare(contract)
}

fn shop() -> Value {
    Document::parse("shop.yaml", include_str!("../../../fixtures/shop.yaml")).expect("the contract is readable").value
}

/// The pointers of the differences between a contract and the stub of another contract.
fn differences(contract: &Value, stub: &Value) -> Vec<String> {
    match compare(contract, &fake_manifest::manifest(stub)) {
        Ok(report) => report.findings.iter().map(|finding| finding.pointer.to_string()).collect(),
        Err(invalid) => vec![format!("invalid: {invalid}")],
    }
}

/// Sets or removes the value at a JSON pointer.
fn set(document: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, last) = pointer.rsplit_once('/').expect("a JSON pointer below the root");
    let last = last.replace("~1", "/");
    match (document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} does not exist")), value) {
        (Value::Object(map), Some(value)) => drop(map.insert(last, value)),
        (Value::Object(map), None) => drop(map.shift_remove(&last)),
        (Value::Array(values), value) => {
            let index = last.parse().expect("an index");
            match value {
                Some(value) if index < values.len() => values[index] = value,
                Some(value) => values.push(value),
                None => drop(values.remove(index)),
            }
        }
        (other, _) => panic!("{other} has no entries"),
    }
}

#[test]
fn derived_manifest_equals_its_contract() {
    assert_eq!(differences(&shop(), &shop()), Vec::<String>::new());
}
