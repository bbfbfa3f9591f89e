//! What a stub cannot have and a document of dropshot's may: channels that go on after the answer, and bodies of many
//! parts. Each is taken out by its name, so that the rest can be compared.

use serde::Serialize;
use serde_json::Value;

use dropstub_document::{Document, Pointer};

/// An operation that was taken out.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    pub operation: String,
    pub pointer: Pointer,
    pub why: &'static str,
}

/// The document without them. What is left stands where it stood.
#[must_use]
pub fn take_out(document: &Document) -> (Document, Vec<LeftOut>) {
    let (whole, mut document, mut left_out) = (&document.value, document.clone(), Vec::new());
    let paths = document.value.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else { continue };
        item.retain(|method, operation| {
            let Some(why) = reason(whole, operation) else { return true };
            let id = operation.get("operationId").and_then(Value::as_str).map(str::to_owned);
            let name = id.unwrap_or_else(|| format!("{} {path}", method.to_uppercase()));
            let pointer = Pointer::root().child("paths").child(path).child(method);
            left_out.push(LeftOut { operation: name, pointer, why });
            false
        });
    }
    (document, left_out)
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
