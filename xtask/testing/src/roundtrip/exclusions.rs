//! Operations that a dropshot server can have and a stub cannot: websocket channels and multipart bodies. They are removed,
//! so that the rest can be compared.

use serde::Serialize;
use serde_json::Value;

use dropstub_document::{Document, Node, Operation, Pointer};

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
    let exclusions: Vec<_> = document.root().operations().iter().filter_map(exclusion).collect();
    let mut rest = document.clone();
    for Exclusion { pointer, .. } in &exclusions {
        let (Some(parent), Some(method)) = (pointer.parent(), pointer.last()) else { continue };
        let item = parent.find_mut(&mut rest.value).and_then(Value::as_object_mut);
        item.and_then(|item| item.shift_remove(method));
    }
    (rest, exclusions)
}

fn exclusion(operation: &Operation<'_>) -> Option<Exclusion> {
    let content = operation.node.get("requestBody").and_then(|body| body.resolve().get("content"));
    let is_multipart = |content: &Node<'_>| content.entries().any(|(key, _)| key.starts_with("multipart/"));
    let reason = if operation.node.get("x-dropshot-websocket").is_some() {
        "a websocket channel"
    } else if content.as_ref().is_some_and(is_multipart) {
        "a multipart body"
    } else {
        return None;
    };
    let name = operation.id().map_or_else(|| operation.route(), str::to_owned);
    Some(Exclusion { operation: name, pointer: operation.node.pointer.clone(), reason })
}
