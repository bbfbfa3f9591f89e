//! Changes of paths and operations, parameters, bodies, responses, security and servers.

use serde_json::{Map, Value, json};

use super::edit::Edit::{Remove, Rename, Set};
use super::{Found, Mutation};
use dropstub_document::{METHODS, Pointer};

pub(super) fn mutations(document: &Value) -> Vec<Mutation> {
    let mut changes = Changes { document, found: Found::default() };
    let root = Pointer::root();
    changes.found.add(
        "servers",
        "other servers",
        &root.child("servers"),
        vec![Set(root.child("servers"), json!([{"url": "/other"}]))],
    );
    for (path, item) in entries(document.get("paths")) {
        let pointer = root.child("paths").child(path);
        let operations: Vec<_> = METHODS.into_iter().filter(|method| item.get(method).is_some()).collect();
        if operations.is_empty() {
            continue;
        }
        changes.found.add("paths", "path changed", &pointer, vec![Rename(pointer.clone(), format!("{path}/changed"))]);
        changes.found.add("paths", "path removed", &pointer, vec![Remove(pointer.clone())]);
        changes.parameters(&pointer, item);
        for method in operations {
            changes.operation(&pointer, item, method);
        }
    }
    for (name, scheme) in entries(document.pointer("/components/securitySchemes")) {
        let pointer = root.child("components").child("securitySchemes").child(name);
        if scheme.get("scheme").is_some() {
            changes.found.set("security", "scheme changed", &pointer.child("scheme"), json!("basic"));
        }
    }
    changes.found.0
}

struct Changes<'d> {
    document: &'d Value,
    found: Found,
}

impl Changes<'_> {
    fn operation(&mut self, item: &Pointer, path: &Value, method: &str) {
        let (pointer, operation) = (item.child(method), &path[method]);
        if let Some(other) = METHODS.into_iter().find(|other| path.get(other).is_none()) {
            self.found.rename("methods", "method changed", &pointer, other);
            self.found.set("methods", "method added", &item.child(other), operation_like(operation));
        }
        self.found.remove("methods", "operation removed", &pointer);
        self.found.set("ids", "id changed", &pointer.child("operationId"), json!("somethingElse"));
        self.found.remove("ids", "no id", &pointer.child("operationId"));
        self.found.set("operations", "tag changed", &pointer.child("tags"), json!(["another tag"]));
        let deprecated = operation["deprecated"] != true;
        self.found.set("operations", "deprecated or not", &pointer.child("deprecated"), deprecated.into());
        let key = "x-dropstub-strict-query";
        let strict = operation.get(key).or_else(|| self.document.get(key)) == Some(&json!(true));
        self.found.set("strict queries", "strict or not", &pointer.child(key), (!strict).into());
        self.parameters(&pointer, operation);
        self.body(&pointer, operation);
        self.responses(&pointer.child("responses"), &operation["responses"]);
        let security = if is_guarded(self.document, operation) { json!([]) } else { json!([{"other": []}]) };
        self.found.set("security", "security changed", &pointer.child("security"), security);
        self.found.set(
            "servers",
            "servers of its own",
            &pointer.child("servers"),
            json!([{"url": "https://example.com"}]),
        );
    }

    fn parameters(&mut self, owner: &Pointer, value: &Value) {
        let list = owner.child("parameters");
        let parameters = value.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        let new = json!({"name": "brand_new", "in": "query", "schema": {"type": "string"}});
        if parameters.is_empty() {
            self.found.set("parameters", "parameter added", &list, json!([new]));
        } else {
            self.found.set("parameters", "parameter added", &list.child(parameters.len()), new);
        }
        for (index, parameter) in parameters.iter().enumerate() {
            let pointer = list.child(index);
            // A removed parameter of a path item is missing in its operations.
            self.found.add("parameters", "parameter removed", &list, vec![Remove(pointer.clone())]);
            if parameter.get("$ref").is_some() {
                continue;
            }
            self.found.set("parameters", "name changed", &pointer.child("name"), json!("another_name"));
            let required = parameter["required"] != true;
            self.found.set("requirements", "required or not", &pointer.child("required"), required.into());
            let other = if parameter["in"] == "query" { "header" } else { "query" };
            self.found.set("parameters", "place changed", &pointer.child("in"), json!(other));
            if parameter["in"] == "query" {
                self.found.set("parameters", "style changed", &pointer.child("explode"), json!(false));
            }
        }
    }

    fn body(&mut self, operation: &Pointer, value: &Value) {
        let pointer = operation.child("requestBody");
        let Some(body) = value.get("requestBody") else {
            let new = json!({"required": true, "content": {"application/json": {"schema": {"type": "string"}}}});
            return self.found.set("bodies", "body added", &pointer, new);
        };
        self.found.remove("bodies", "body removed", &pointer);
        if body.get("$ref").is_some() {
            return;
        }
        self.found.set("requirements", "body became optional", &pointer.child("required"), json!(false));
        self.content(&pointer, body);
    }

    fn content(&mut self, owner: &Pointer, value: &Value) {
        for (name, media) in entries(value.get("content")) {
            let pointer = owner.child("content").child(name);
            self.found.rename("media types", "media type changed", &pointer, "application/cbor");
            self.found.remove("media types", "media type removed", &pointer);
            let more = owner.child("content").child("text/csv");
            self.found.set("media types", "media type added", &more, media.clone());
        }
    }

    fn responses(&mut self, pointer: &Pointer, responses: &Value) {
        let error =
            entries(Some(responses)).find(|(status, _)| status.starts_with(['4', '5'])).map(|(_, it)| it.clone());
        for (status, response) in entries(Some(responses)) {
            let here = pointer.child(status);
            self.found.remove("statuses", "status removed", &here);
            let other = match status.as_bytes()[0] {
                b'2' | b'3' if status != "207" => "207",
                b'4' => "451",
                b'5' => "507",
                _ => "299",
            };
            if responses.get(other).is_none() {
                self.found.rename("statuses", "status changed", &here, other);
            }
            if response.get("$ref").is_some() {
                continue;
            }
            self.content(&here, response);
            let header = json!({"schema": {"type": "string"}});
            if response.get("headers").is_some() {
                self.found.set("headers", "header added", &here.child("headers").child("X-Brand-New"), header);
            } else {
                self.found.set("headers", "header added", &here.child("headers"), json!({"X-Brand-New": header}));
            }
            for (name, header) in entries(response.get("headers")) {
                let header_pointer = here.child("headers").child(name);
                self.found.rename("headers", "header changed", &header_pointer, "X-Another");
                self.found.remove("headers", "header removed", &header_pointer);
                if header.get("$ref").is_none() {
                    let required = header["required"] != true;
                    self.found.set("headers", "required or not", &header_pointer.child("required"), required.into());
                }
            }
        }
        if let Some(error) = error.filter(|_| responses.get("418").is_none()) {
            self.found.set("statuses", "status added", &pointer.child("418"), error);
        }
    }
}

/// An operation with another id.
fn operation_like(operation: &Value) -> Value {
    let mut other = operation.clone();
    other["operationId"] = json!("somethingMore");
    other
}

fn is_guarded(document: &Value, operation: &Value) -> bool {
    let security = operation.get("security").or_else(|| document.get("security"));
    security.and_then(Value::as_array).is_some_and(|security| !security.is_empty())
}

/// The entries of an object without extensions.
pub(super) fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.and_then(Value::as_object).into_iter().flat_map(Map::iter);
    entries.map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| !name.starts_with("x-"))
}
