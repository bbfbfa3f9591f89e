//! Every value of the contract is deleted, every scalar is changed, and every object gets an unknown keyword.

use dropstub_checks::check::ServerDocument;
use dropstub_document::Pointer;
use serde_json::{Value, json};

use crate::manifest;
use crate::support::{contract, delete};

/// Keywords without an effect on the wire.
const DOCUMENTATION: [&str; 7] =
    ["description", "summary", "example", "examples", "license", "x-dropstub-allow", "x-nullable"];

#[test]
fn effective_deletion_is_reported() {
    assert_reported(delete, is_ineffective);
}

#[test]
fn effective_change_of_a_scalar_is_reported() {
    let change = |document: &mut Value, pointer: &Pointer| {
        let value = at(document, &pointer.tokens());
        *value = match &*value {
            Value::String(text) => format!("{text}x").into(),
            Value::Number(number) => (number.as_i64().expect("a whole number") + 1).into(),
            Value::Bool(flag) => (!flag).into(),
            // Their parts are changed separately.
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
    };
    let is_unchanged = |pointer: &Pointer, contract: &Value| {
        let value = pointer.find(contract).expect("the value exists");
        let is_container = value.is_object() || value.is_array() || value.is_null();
        // A patch version of OpenAPI has no effect.
        is_container || pointer.tokens() == ["openapi"] || is_meaning(pointer) || is_documentation(pointer)
    };
    assert_reported(change, is_unchanged);
}

#[test]
fn unknown_keyword_is_reported() {
    let add = |document: &mut Value, pointer: &Pointer| {
        if let Value::Object(map) = at(document, &pointer.tokens()) {
            map.insert("unknownKeyword".to_owned(), json!({"type": "string"}));
        }
    };
    let is_unused = |pointer: &Pointer, contract: &Value| {
        let tokens = pointer.tokens();
        let value = pointer.find(contract).expect("the value exists");
        // Here the key is an unused component, or a path without operations. Next to a reference, keys are ignored.
        let is_map = matches!(tokens.as_slice(), ["components" | "paths"] | ["components", _]);
        !value.is_object() || is_documentation(pointer) || is_map || value.get("$ref").is_some()
    };
    assert_reported(add, is_unused);
}

/// Changes the contract at every pointer, one at a time. Exactly the effective changes must be reported.
fn assert_reported(change: impl Fn(&mut Value, &Pointer), is_ineffective: impl Fn(&Pointer, &Value) -> bool) {
    let (contract, server) = (contract(), ServerDocument::new(&manifest()));
    let pointers = Pointer::all(&contract);
    assert!(pointers.len() > 500, "the contract has {} values", pointers.len());
    let mut failures = Vec::new();
    for pointer in &pointers {
        let mut changed = contract.clone();
        change(&mut changed, pointer);
        let report = server.compare(&changed);
        let differs = report.as_ref().map_or(true, |report| !report.findings.is_empty());
        match (is_ineffective(pointer, &contract), differs) {
            (false, true) | (true, false) => {}
            (false, false) => failures.push(format!("{pointer}: not reported")),
            (true, true) => failures.push(format!("{pointer}: reported without effect: {report:?}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Whether a value is documentation, or a part of it.
fn is_documentation(pointer: &Pointer) -> bool {
    let tokens = pointer.tokens();
    // `properties/description` is a property.
    let is_key = |index: usize| index == 0 || tokens[index - 1] != "properties";
    let documents = |(index, token): (usize, &&str)| is_key(index) && DOCUMENTATION.contains(token);
    tokens.iter().enumerate().any(documents) || tokens.first() == Some(&"tags")
}

/// Whether a value is the meaning of a listed value.
fn is_meaning(pointer: &Pointer) -> bool {
    pointer.tokens().iter().rev().nth(1) == Some(&"x-dropstub-values")
}

/// Whether the deletion of a value has no effect.
fn is_ineffective(pointer: &Pointer, contract: &Value) -> bool {
    let last = pointer.last().unwrap_or_default();
    let value = pointer.find(contract).expect("the value exists");
    let is_default = value == &json!(false) && !["additionalProperties", "default"].contains(&last)
        || last == "x-dropstub-required-scopes" && value == &json!([]);
    is_documentation(pointer) || is_default
}

fn at<'v>(document: &'v mut Value, tokens: &[&str]) -> &'v mut Value {
    tokens.iter().fold(document, |value, token| match value {
        Value::Array(values) => &mut values[token.parse::<usize>().expect("an index")],
        value => &mut value[*token],
    })
}
