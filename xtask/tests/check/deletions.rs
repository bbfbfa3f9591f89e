//! Every single thing that can be deleted from the contract is deleted.

use serde_json::Value;
use xtask::compare;
use xtask::document::Pointer;

use crate::{account, contract};

/// What means nothing on the wire.
const DOCUMENTATION: [&str; 3] = ["description", "summary", "example"];

#[test]
fn every_deletion_that_means_something_is_found_there() {
    let (contract, account) = (contract(), account());
    let mut places = Vec::new();
    collect(&contract, &Pointer::root(), &mut places);
    assert!(places.len() > 500, "the contract has {} places", places.len());
    let (mut found, mut neutral, mut wrong) = (0, 0, Vec::new());
    for place in &places {
        let mut changed = contract.clone();
        delete(&mut changed, place);
        let report = compare::compare(&changed, &account);
        let differs = report.as_ref().map_or(true, |report| !report.findings.is_empty());
        match (means_nothing(place, &contract), differs) {
            (false, true) => found += 1,
            (true, false) => neutral += 1,
            (false, false) => wrong.push(format!("{place}: not found")),
            (true, true) => wrong.push(format!("{place}: found, and means nothing: {report:?}")),
        }
    }
    assert!(wrong.is_empty(), "{found} found, {neutral} neutral, and wrong:\n{}", wrong.join("\n"));
}

/// Whether a thing can go without anybody noticing.
fn means_nothing(place: &Pointer, contract: &Value) -> bool {
    let tokens: Vec<_> = place.tokens().iter().map(String::as_str).collect();
    let value = place.find(contract).expect("the place exists");
    let last = tokens.last().copied().unwrap_or_default();
    // `properties/description` would be a property.
    let is_key = tokens.len() < 2 || tokens[tokens.len() - 2] != "properties";
    is_key && DOCUMENTATION.contains(&last)
        // What is inside of documentation.
        || tokens.iter().any(|token| matches!(*token, "example" | "license"))
        // What the tags and servers at the root only describe.
        || tokens[0] == "tags"
        // What says what holds anyway.
        || value == &Value::Bool(false) && last != "additionalProperties"
        || last == "x-required-scopes" && value == &serde_json::json!([])
}

fn collect(value: &Value, pointer: &Pointer, places: &mut Vec<Pointer>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in children {
        let child = pointer.child(&key);
        collect(value, &child, places);
        places.push(child);
    }
}

pub(crate) fn delete(document: &mut Value, place: &Pointer) {
    let (last, parent) = place.tokens().split_last().expect("the root is not deleted");
    let parent = parent.iter().fold(document, |value, token| match value {
        Value::Array(values) => &mut values[token.parse::<usize>().expect("an index")],
        value => &mut value[token.as_str()],
    });
    match parent {
        Value::Object(map) => drop(map.shift_remove(last)),
        Value::Array(values) => drop(values.remove(last.parse().expect("an index"))),
        other => panic!("nothing to delete in {other}"),
    }
}
