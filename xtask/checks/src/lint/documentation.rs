//! What is missing: descriptions, and an example of what a test tool has to make up otherwise.

use serde_json::{Map, Value};

use super::elements::{Kind, Thing};
use super::{Findings, operations, seen};
use dropstub_document::Pointer;

pub(super) fn look(findings: &mut Findings<'_>, things: &[Thing<'_>]) {
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
    for (index, tag) in root.get("tags").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = Pointer::root().child("tags").child(index);
        missing(findings, &place, tag.get("name").and_then(Value::as_str).unwrap_or_default(), tag);
    }
    for thing in things {
        if matches!(thing.kind, Kind::Component | Kind::Property | Kind::Parameter | Kind::Header) {
            missing(findings, &thing.pointer, thing.name(), thing.value);
        }
        if thing.kind == Kind::Parameter && thing.value["in"] == "path" {
            example(findings, thing);
        }
    }
}

fn example(findings: &mut Findings<'_>, parameter: &Thing<'_>) {
    let schema = parameter.value.get("schema");
    let layers = schema.map(|schema| seen(&findings.document.value, schema)).unwrap_or_default();
    let given = ["example", "examples", "enum", "default"];
    let is_given = |value: &Value| given.iter().any(|key| value.get(*key).is_some());
    if !is_given(parameter.value) && !layers.into_iter().any(is_given) {
        let help = "add `example`; a tool that makes a value up sees nothing but what is not there";
        let message = format!("the path parameter `{}` without an example", parameter.name());
        findings.add(&parameter.pointer, message, help);
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
