//! The comparison by a contract that is not Aether's, and with input that nobody would write.
//!
//! What holds of the real contract and the real stub is tested in `tests/check`.

mod equivalent;
mod fake_manifest;
mod meaning;
mod robustness;

use serde_json::Value;

use super::compare;
use dropstub_document::Document;

fn shop() -> Value {
    Document::parse("shop.yaml", include_str!("../../../fixtures/shop.yaml")).expect("the contract can be read").value
}

/// The places of what is found between a contract and the stub of another.
fn between(contract: &Value, stub: &Value) -> Vec<String> {
    match compare(contract, &fake_manifest::account(stub)) {
        Ok(report) => report.findings.iter().map(|finding| finding.pointer.to_string()).collect(),
        Err(unreadable) => vec![format!("unreadable: {unreadable}")],
    }
}

/// Puts a value where the JSON pointer says, or takes away what is there.
fn set(document: &mut Value, place: &str, value: Option<Value>) {
    let (parent, last) = place.rsplit_once('/').expect("a place below the root");
    let last = last.replace("~1", "/");
    match (document.pointer_mut(parent).unwrap_or_else(|| panic!("there is no {parent}")), value) {
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
        (other, _) => panic!("nothing can be put into {other}"),
    }
}

#[test]
fn a_stub_says_what_its_contract_says() {
    assert_eq!(between(&shop(), &shop()), Vec::<String>::new());
}
