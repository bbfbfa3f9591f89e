//! Operations that a dropshot server can have and a stub cannot: websocket channels and multipart bodies. They are removed,
//! so that the rest can be compared.

use serde::Serialize;
use serde_json::Value;

use dropstub_document::{Document, Pointer};

/// A removed operation.
#[derive(Debug, Clone, Serialize)]
pub struct Exclusion {
    /// The operation id, or method and path.
    pub operation: String,
    /// The operation in the document.
    pub pointer: Pointer,
    /// The reason, as a noun phrase.
    pub reason: &'static str,
}

/// The document without unsupported operations. Other pointers stay the same.
#[must_use]
pub fn exclude(document: &Document) -> (Document, Vec<Exclusion>) {
    let (whole, mut document, mut exclusions) = (&document.value, document.clone(), Vec::new());
    let paths = document.value.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else { continue };
        item.retain(|method, operation| {
            let Some(reason) = reason(whole, operation) else { return true };
            let id = operation.get("operationId").and_then(Value::as_str).map(str::to_owned);
            let name = id.unwrap_or_else(|| format!("{} {path}", method.to_uppercase()));
            let pointer = Pointer::root().child("paths").child(path).child(method);
            exclusions.push(Exclusion { operation: name, pointer, reason });
            false
        });
    }
    (document, exclusions)
}

fn reason(document: &Value, operation: &Value) -> Option<&'static str> {
    let body = operation.get("requestBody").map(|body| {
        let reference = body.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        reference.and_then(|pointer| pointer.find(document)).unwrap_or(body)
    });
    let content = body.and_then(|body| body.get("content")).and_then(Value::as_object);
    if operation.get("x-dropshot-websocket").is_some() {
        Some("a websocket channel")
    } else if content.is_some_and(|content| content.keys().any(|key| key.starts_with("multipart/"))) {
        Some("a multipart body")
    } else {
        None
    }
}
