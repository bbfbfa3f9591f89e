//! Makes one document of the two halves of an account: what dropshot emits, completed by what it cannot.

use serde_json::{Map, Value, json};

use super::account::{Account, Operation, Response};
use crate::document::Pointer;

/// The server's complete document, and where the two halves contradict each other.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) document: Value,
    pub(super) contradictions: Vec<Contradiction>,
}

/// One thing that dropshot emits in one way and the stub's tables say in another.
#[derive(Debug)]
pub(super) struct Contradiction {
    pub(super) pointer: Pointer,
    pub(super) emitted: Option<Value>,
    pub(super) tables: Option<Value>,
}

/// What dropshot emits for all errors of an operation.
const ERRORS: [&str; 2] = ["4XX", "5XX"];

pub(super) fn complete(account: &Account) -> Complete {
    let mut complete = Complete { document: account.document.clone(), contradictions: Vec::new() };
    let tables = &account.stub;
    for operation in &tables.operations {
        complete.operation(operation);
    }
    complete.leftovers(account);
    let document = &mut complete.document;
    document["servers"] = tables.servers.clone();
    document["components"]["securitySchemes"] = tables.security_schemes.clone().into();
    for secret in &tables.secrets {
        if let Some(schema) = document.pointer_mut("/components/schemas").and_then(|schemas| schemas.get_mut(secret)) {
            schema["x-secret"] = true.into();
        }
    }
    complete
}

impl Complete {
    fn operation(&mut self, tables: &Operation) {
        let method = tables.method.to_lowercase();
        let pointer = Pointer::root().child("paths").child(&tables.path).child(&method);
        let emitted = pointer.find(&self.document).filter(|operation| operation.is_object()).cloned();
        let Some(mut operation) = emitted else {
            return self.contradict(pointer, None, Some(tables.id.as_str().into()));
        };
        if operation["operationId"] != tables.id {
            let emitted = operation.get("operationId").cloned();
            self.contradict(pointer.child("operationId"), emitted, Some(tables.id.as_str().into()));
        }
        operation["security"] = tables.security.clone();
        operation["x-required-scopes"] = json!(tables.required_scopes.clone().unwrap_or_default());
        self.parameters(&pointer, &mut operation, tables);
        if let (Some(body), Some(said)) = (operation.get_mut("requestBody"), &tables.request_body) {
            body["required"] = said.required.into();
            if let Some(max_bytes) = said.max_bytes {
                body["x-max-bytes"] = max_bytes.into();
            }
        }
        if operation.get("requestBody").is_some() != tables.request_body.is_some() {
            let emitted = operation.get("requestBody").cloned();
            self.contradict(
                pointer.child("requestBody"),
                emitted,
                tables.request_body.as_ref().map(|body| body.schema.clone()),
            );
        }
        operation["responses"] = self.responses(&pointer, &operation, tables);
        self.document["paths"][&tables.path][&method] = operation;
    }

    fn parameters(&mut self, pointer: &Pointer, operation: &mut Value, tables: &Operation) {
        let mut emitted = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        for said in &tables.parameters {
            let found =
                emitted.iter_mut().find(|parameter| parameter["name"] == said.name && parameter["in"] == said.location);
            let Some(parameter) = found else {
                self.contradict(pointer.child("parameters"), None, Some(said.name.as_str().into()));
                continue;
            };
            parameter["style"] = said.style.as_str().into();
            parameter["explode"] = said.explode.into();
            if let Some(default) = said.schema.get("default") {
                parameter["schema"]["default"] = default.clone();
            }
            let emitted = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
            if emitted != said.required {
                let emitted = Some(emitted.into());
                self.contradict(pointer.child("parameters").child(&said.name), emitted, Some(said.required.into()));
            }
        }
        for parameter in &emitted {
            if !tables.parameters.iter().any(|said| parameter["name"] == said.name && parameter["in"] == said.location)
            {
                self.contradict(pointer.child("parameters"), Some(parameter["name"].clone()), None);
            }
        }
        operation["parameters"] = emitted.into();
    }

    fn responses(&mut self, pointer: &Pointer, operation: &Value, tables: &Operation) -> Value {
        let emitted = operation.get("responses").and_then(Value::as_object).cloned().unwrap_or_default();
        let errors = |status: u16| ERRORS.iter().find(|range| range.starts_with(&(status / 100).to_string()));
        let mut responses = Map::new();
        for said in &tables.responses {
            let status = said.status.to_string();
            let found = emitted.get(&status).or_else(|| emitted.get(*errors(said.status)?));
            let content = found.map(|found| self.content(found)).unwrap_or_default();
            if content.is_some() != said.media_type.is_some() && said.status < 400 {
                self.contradict(
                    pointer.child("responses").child(&status),
                    content.clone(),
                    said.media_type.clone().map(Value::from),
                );
            }
            responses.insert(status, response(said, content.filter(|_| said.media_type.is_some())));
        }
        for (status, found) in &emitted {
            if !ERRORS.contains(&status.as_str()) && !responses.contains_key(status) {
                self.contradict(pointer.child("responses").child(status), Some(found.clone()), None);
            }
        }
        responses.into()
    }

    /// The content of an emitted response, which may be a reference.
    fn content(&self, response: &Value) -> Option<Value> {
        let reference = response.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        let response =
            reference.and_then(|pointer| pointer.find(&self.document).cloned()).unwrap_or_else(|| response.clone());
        response
            .get("content")
            .filter(|content| content.as_object().is_some_and(|content| !content.is_empty()))
            .cloned()
    }

    /// Operations that dropshot emits and no table knows.
    fn leftovers(&mut self, account: &Account) {
        let paths = account.document.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let known = |it: &Operation| it.path == *path && it.method.eq_ignore_ascii_case(method);
                if operation.is_object() && !account.stub.operations.iter().any(known) {
                    let pointer = Pointer::root().child("paths").child(path).child(method);
                    self.contradict(pointer, operation.get("operationId").cloned(), None);
                }
            }
        }
    }

    fn contradict(&mut self, pointer: Pointer, emitted: Option<Value>, tables: Option<Value>) {
        self.contradictions.push(Contradiction { pointer, emitted, tables });
    }
}

fn response(said: &Response, content: Option<Value>) -> Value {
    let headers: Map<_, _> = said
        .headers
        .iter()
        .map(|header| (header.name.clone(), json!({"required": header.required, "schema": header.schema})))
        .collect();
    let mut response = Map::new();
    response.insert("headers".into(), headers.into());
    response.insert("links".into(), said.links.clone());
    if let Some(content) = content {
        response.insert("content".into(), content);
    }
    response.into()
}
