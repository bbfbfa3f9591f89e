//! What is missing: descriptions, and an example of what a test tool has to make up otherwise.

use serde_json::{Map, Value};

use super::{Findings, operations, resolve, walk};
use crate::document::Pointer;

pub(super) fn look(findings: &mut Findings<'_>) {
    let root = &findings.document.value;
    for (pointer, operation) in operations(root) {
        for key in ["summary", "description"] {
            if is_blank(operation, key) {
                findings.add(&pointer, format!("an operation without a {key}"), format!("add `{key}`"));
            }
        }
        let tags = operation.get("tags").and_then(Value::as_array).into_iter().flatten();
        for (index, tag) in tags.enumerate().filter(|(_, tag)| !is_described(root, tag)) {
            let place = pointer.child("tags").child(index);
            findings.add(&place, format!("the tag {tag} is not described"), "describe it in the document's `tags`");
        }
    }
    walk(root, &Pointer::root(), &mut |value, pointer| match pointer.tokens().as_slice() {
        ["paths", .., "parameters", _] | ["components", "parameters", _] => parameter(findings, pointer, value),
        ["paths" | "components", .., "headers", name] | ["components", "schemas", name] => {
            missing(findings, pointer, name, value);
        }
        ["tags", _] => missing(findings, pointer, value.get("name").and_then(Value::as_str).unwrap_or_default(), value),
        ["paths" | "components", .., "properties", name] if value.is_object() => {
            missing(findings, pointer, name, value);
        }
        _ => {}
    });
}

fn parameter(findings: &mut Findings<'_>, pointer: &Pointer, parameter: &Value) {
    let Some(name) = parameter.get("name").and_then(Value::as_str) else { return };
    missing(findings, pointer, name, parameter);
    let schema = parameter.get("schema").map(|schema| resolve(&findings.document.value, schema));
    let given = |key: &str| parameter.get(key).or_else(|| schema?.get(key)).is_some();
    if parameter["in"] == "path" && !["example", "examples", "enum", "default"].into_iter().any(given) {
        let help = "add `example`; a tool that makes a value up sees nothing but what is not there";
        findings.add(pointer, format!("the path parameter `{name}` without an example"), help);
    }
}

/// A reference has the description of what it leads to.
fn missing(findings: &mut Findings<'_>, pointer: &Pointer, name: &str, value: &Value) {
    let Some(map) = value.as_object().filter(|map| !map.contains_key("$ref")) else { return };
    if is_blank(map, "description") {
        findings.add(pointer, format!("`{name}` without a description"), "add `description`");
    }
}

fn is_blank(map: &Map<String, Value>, key: &str) -> bool {
    map.get(key).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty())
}

fn is_described(root: &Value, name: &Value) -> bool {
    root.get("tags").and_then(Value::as_array).into_iter().flatten().any(|tag| tag.get("name") == Some(name))
}
