//! What is missing: ids, descriptions, and the errors that every operation has.

use serde_json::Value;

use super::{Findings, operations, resolve};
use crate::document::Pointer;

pub(super) fn look(findings: &mut Findings<'_>) {
    let root = &findings.document.value;
    for (pointer, operation) in operations(root) {
        if !operation.contains_key("operationId") {
            findings.add(&pointer, "an operation without an id", "add `operationId`; clients call it by that");
        }
        for key in ["summary", "description"] {
            if !operation.contains_key(key) {
                findings.add(&pointer, format!("an operation without a {key}"), format!("add `{key}`"));
            }
        }
        statuses(findings, &pointer, operation);
        for (index, parameter) in
            operation.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            if resolve(root, parameter).get("description").is_none() {
                let place = pointer.child("parameters").child(index);
                findings.add(&place, "a parameter without a description", "add `description`");
            }
        }
    }
    let schemas = Pointer::root().child("components").child("schemas");
    for (name, schema) in schemas.find(root).and_then(Value::as_object).into_iter().flatten() {
        let pointer = schemas.child(name);
        if schema.get("description").is_none() {
            findings.add(&pointer, format!("`{name}` without a description"), "add `description`");
        }
        for (property, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            // A reference has the description of what it leads to.
            if schema.get("$ref").is_none() && schema.get("description").is_none() {
                let place = pointer.child("properties").child(property);
                findings.add(&place, format!("`{property}` without a description"), "add `description`");
            }
        }
    }
}

/// The statuses that an operation has whoever implements it.
fn statuses(findings: &mut Findings<'_>, pointer: &Pointer, operation: &serde_json::Map<String, Value>) {
    let root = &findings.document.value;
    let responses = operation.get("responses");
    // The status itself, or its class.
    let class = |status: &str| format!("{}XX", &status[..1]);
    let documented =
        |status: &str| responses.is_some_and(|it| it.get(status).or_else(|| it.get(class(status))).is_some());
    let security = operation.get("security").or_else(|| root.get("security"));
    let guarded = security.and_then(Value::as_array).is_some_and(|security| !security.is_empty());
    for (status, needed, why) in [("401", guarded, "it needs a credential"), ("500", true, "whatever answers can fail")]
    {
        if needed && !documented(status) {
            findings.add(pointer, format!("no status {status}"), format!("document it, because {why}"));
        }
    }
    let errors = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    for (status, response) in errors.filter(|(status, _)| status.starts_with(['4', '5'])) {
        if resolve(root, response).get("content").is_none() {
            let place = pointer.child("responses").child(status);
            let help = "give it the same schema as the others; progenitor cannot generate a client otherwise";
            findings.add(&place, format!("the error {status} without content"), help);
        }
    }
}
