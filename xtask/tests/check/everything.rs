//! Every single thing in the contract is deleted, every value changed, and every object given a key that nobody knows.

use dropstub_checks::check::Server;
use dropstub_document::Pointer;
use serde_json::{Value, json};

use crate::{account, contract};

/// What means nothing on the wire.
const DOCUMENTATION: [&str; 4] = ["description", "summary", "example", "license"];

#[test]
fn every_deletion_that_means_something_is_found() {
    judge(500, delete, means_nothing);
}

#[test]
fn every_changed_value_that_means_something_is_found() {
    let change = |document: &mut Value, place: &Pointer| {
        let value = at(document, &place.tokens());
        *value = match &*value {
            Value::String(text) => format!("{text}x").into(),
            Value::Number(number) => (number.as_i64().expect("a whole number") + 1).into(),
            Value::Bool(flag) => (!flag).into(),
            // What is no value by itself, its parts are.
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
    };
    let unchanged = |place: &Pointer, contract: &Value| {
        let value = place.find(contract).expect("the place exists");
        // A patch version of OpenAPI means nothing either.
        let is_no_value = value.is_object() || value.is_array() || value.is_null();
        is_no_value || place.tokens() == ["openapi"] || documents(place)
    };
    judge(500, change, unchanged);
}

#[test]
fn every_key_that_nobody_knows_is_found() {
    let add = |document: &mut Value, place: &Pointer| {
        if let Value::Object(map) = at(document, &place.tokens()) {
            map.insert("unheardOf".to_owned(), json!({"type": "string"}));
        }
    };
    let unknown = |place: &Pointer, contract: &Value| {
        let tokens = place.tokens();
        let value = place.find(contract).expect("the place exists");
        // A component or scheme that nobody uses, a path without operations, what stands beside a reference.
        let unused = matches!(tokens.as_slice(), ["components" | "paths" | "info"] | ["components", _]);
        !value.is_object() || documents(place) || unused && tokens != ["info"] || value.get("$ref").is_some()
    };
    judge(500, add, unknown);
}

/// Makes a change at every place of the contract, one at a time, and demands that exactly those are found that mean
/// something.
fn judge(least: usize, change: impl Fn(&mut Value, &Pointer), means_nothing: impl Fn(&Pointer, &Value) -> bool) {
    let (contract, server) = (contract(), Server::new(&account()));
    let mut places = Vec::new();
    collect(&contract, &Pointer::root(), &mut places);
    assert!(places.len() > least, "the contract has {} places", places.len());
    let mut wrong = Vec::new();
    for place in &places {
        let mut changed = contract.clone();
        change(&mut changed, place);
        let report = server.compare(&changed);
        let differs = report.as_ref().map_or(true, |report| !report.findings.is_empty());
        match (means_nothing(place, &contract), differs) {
            (false, true) | (true, false) => {}
            (false, false) => wrong.push(format!("{place}: not found")),
            (true, true) => wrong.push(format!("{place}: found, and means nothing: {report:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a thing is documentation, or in it.
fn documents(place: &Pointer) -> bool {
    let tokens = place.tokens();
    // `properties/description` would be a property.
    let is_key = |index: usize| index == 0 || tokens[index - 1] != "properties";
    let documents = |(index, token): (usize, &&str)| is_key(index) && DOCUMENTATION.contains(token);
    tokens.iter().enumerate().any(documents) || tokens.first() == Some(&"tags")
}

/// Whether a thing can go without anybody noticing.
fn means_nothing(place: &Pointer, contract: &Value) -> bool {
    let last = place.last().unwrap_or_default();
    let value = place.find(contract).expect("the place exists");
    // What says what holds anyway.
    let default = value == &json!(false) && !["additionalProperties", "default"].contains(&last)
        || last == "x-required-scopes" && value == &json!([]);
    documents(place) || default
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
    let tokens = place.tokens();
    let (last, parent) = tokens.split_last().expect("the root is not deleted");
    match at(document, parent) {
        Value::Object(map) => drop(map.shift_remove(*last)),
        Value::Array(values) => drop(values.remove(last.parse().expect("an index"))),
        other => panic!("nothing to delete in {other}"),
    }
}

fn at<'v>(document: &'v mut Value, tokens: &[&str]) -> &'v mut Value {
    tokens.iter().fold(document, |value, token| match value {
        Value::Array(values) => &mut values[token.parse::<usize>().expect("an index")],
        value => &mut value[*token],
    })
}
