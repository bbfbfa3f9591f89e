//! What progenitor makes less of than the document says, so that a program on its client cannot say or see it.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::Value;

use super::elements::{Kind, Thing};
use super::{Findings, operations, resolve};
use dropstub_document::Pointer;

/// Words by which a property that is a secret gives itself away.
const SECRET: [&str; 4] = ["password", "passphrase", "secret", "token"];

pub(super) fn look(findings: &mut Findings<'_>, things: &[Thing<'_>]) {
    let root = &findings.document.value;
    let mut seen = BTreeSet::new();
    for (pointer, operation) in operations(root) {
        classes(findings, &pointer, operation);
        let Some(body) = operation.get("requestBody") else { continue };
        let target = body.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        let content = target.unwrap_or_else(|| pointer.child("requestBody")).child("content");
        for (media_type, media) in resolve(root, body).get("content").and_then(Value::as_object).into_iter().flatten() {
            sent(findings, &content.child(media_type).child("schema"), &media["schema"], &mut seen);
        }
    }
    things.iter().for_each(|thing| secret(findings, thing));
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
    for key in ["items", "additionalProperties"] {
        schema.get(key).into_iter().for_each(|inner| sent(findings, &pointer.child(key), inner, seen));
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for (index, inner) in schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
            sent(findings, &pointer.child(key).child(index), inner, seen);
        }
    }
}

/// A secret that is a component can be a type that is not printed. One in place is a string that anybody logs.
fn secret(findings: &mut Findings<'_>, thing: &Thing<'_>) {
    let words = thing.name().to_snake_case();
    let last = words.rsplit('_').next().unwrap_or_default();
    // What continues a list is a token of another kind.
    let pages = words.split('_').any(|word| matches!(word, "page" | "next" | "continuation"));
    let plain = thing.value["type"] == "string" && thing.value.get("format").is_none_or(|it| it == "password");
    if thing.kind == Kind::Property && SECRET.contains(&last) && !pages && plain {
        let help = "make it a component with `x-secret: true`; a string in place is printed with everything else";
        findings.add(&thing.pointer, format!("`{}` is a secret in place", thing.name()), help);
    }
}
