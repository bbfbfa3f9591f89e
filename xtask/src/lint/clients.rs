//! What progenitor makes less of than the document says, so that a program on its client cannot say or see it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Findings, operations, resolve};
use crate::document::Pointer;

/// Words by which a property that is a secret gives itself away.
const SECRET: [&str; 4] = ["password", "passphrase", "secret", "token"];

pub(super) fn look(findings: &mut Findings<'_>) {
    let root = &findings.document.value;
    let mut seen = BTreeSet::new();
    for (pointer, operation) in operations(root) {
        classes(findings, &pointer, operation);
        for (_, media) in operation.get("requestBody").map(|body| resolve(root, body)).into_iter().flat_map(content) {
            sent(findings, &pointer.child("requestBody"), &media["schema"], &mut seen);
        }
    }
    let schemas = Pointer::root().child("components").child("schemas");
    for (name, schema) in schemas.find(root).and_then(Value::as_object).into_iter().flatten() {
        secrets(findings, &schemas.child(name), schema);
    }
}

fn content(owner: &Value) -> impl Iterator<Item = (&String, &Value)> {
    owner.get("content").and_then(Value::as_object).into_iter().flatten()
}

/// A client matches single statuses and then the class, which the compiler calls unreachable or the reader misses.
fn classes(findings: &mut Findings<'_>, pointer: &Pointer, operation: &serde_json::Map<String, Value>) {
    let responses = operation.get("responses").and_then(Value::as_object);
    let statuses: Vec<_> = responses.into_iter().flat_map(serde_json::Map::keys).collect();
    for class in statuses.iter().filter(|status| status.to_uppercase().ends_with("XX")) {
        if statuses.iter().any(|status| status != class && status.starts_with(&class[..1])) {
            let place = pointer.child("responses").child(class);
            let help = "name all statuses, or the class alone; progenitor's match cannot have both";
            findings.add(&place, format!("`{class}` beside single statuses"), help);
        }
    }
}

/// In what a client sends, an optional list is left out when it is empty, unless it is a set.
fn sent(findings: &mut Findings<'_>, pointer: &Pointer, schema: &Value, seen: &mut BTreeSet<Pointer>) {
    let root = &findings.document.value;
    let target = schema.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
    let pointer = target.unwrap_or_else(|| pointer.clone());
    if !seen.insert(pointer.clone()) {
        return;
    }
    let schema = resolve(root, schema);
    let required = schema.get("required").and_then(Value::as_array);
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = pointer.child("properties").child(name);
        let is_required = required.is_some_and(|required| required.iter().any(|it| it == name));
        let list = resolve(root, property);
        if !is_required && list["type"] == "array" && list["uniqueItems"] != true && list.get("default").is_none() {
            let help = "write `uniqueItems: true`, or require it; progenitor's clients leave an empty list out";
            findings.add(&place, format!("`{name}` cannot be sent empty"), help);
        }
        sent(findings, &place, property, seen);
    }
}

/// A secret that is a component can be a type that is not printed. One in place is a string that anybody logs.
fn secrets(findings: &mut Findings<'_>, pointer: &Pointer, schema: &Value) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let secret = name.split(|it: char| !it.is_alphanumeric()).next_back().is_some_and(|it| SECRET.contains(&it));
        if secret && property["type"] == "string" && property.get("format").is_none() {
            let place = pointer.child("properties").child(name);
            let help = "make it a component with `x-secret: true`; a string in place is printed with everything else";
            findings.add(&place, format!("`{name}` is a secret in place"), help);
        }
    }
}
