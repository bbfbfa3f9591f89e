//! Makes one document of the two halves of an account: what dropshot emits, completed by what it cannot.
//!
//! What the validator enforces stands beside each schema that it is enforced for, as [`ENFORCED`]. Its components are
//! kept apart from those of the types, which may say something else under the same name.
//!
//! Nothing is repaired: what is no object stays what it is, and is found when it is compared.

use serde_json::{Map, Value, json};

use super::finding::Finding;
use super::manifest::{Account, Operation, RequestBody, Response};
use dropstub_document::Pointer;

/// The server's complete document, and where the two halves contradict each other.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) document: Value,
    pub(super) contradictions: Vec<Finding>,
}

/// What dropshot emits for all errors of an operation.
const ERRORS: [&str; 2] = ["4XX", "5XX"];

/// The key of a schema as the validator enforces it, and of such components.
pub(super) const ENFORCED: &str = "x-enforced";

/// The key of a header that dropshot emits, too: those of successes.
pub(super) const EMITTED: &str = "x-emitted";

pub(super) fn complete(account: &Account) -> Complete {
    let mut complete = Complete { document: account.document.clone(), contradictions: Vec::new() };
    let tables = &account.stub;
    for operation in &tables.operations {
        complete.operation(operation);
    }
    complete.leftovers(account);
    let document = &mut complete.document;
    put(document, "servers", tables.servers.clone());
    if let Some(document) = document.as_object_mut() {
        let components = document.entry("components").or_insert_with(|| json!({}));
        put(components, "securitySchemes", tables.security_schemes.clone());
        put(components, ENFORCED, enforced(&tables.schemas.clone().into()));
        for secret in &tables.secrets {
            if let Some(schema) = components.get_mut("schemas").and_then(|schemas| schemas.get_mut(secret)) {
                put(schema, "x-secret", true);
            }
        }
    }
    complete
}

/// The operation in dropshot's document.
fn find<'v>(document: &'v mut Value, path: &str, method: &str) -> Option<&'v mut Value> {
    document.get_mut("paths")?.get_mut(path)?.get_mut(method).filter(|operation| operation.is_object())
}

/// Sets a key of what is an object.
fn put(value: &mut Value, key: &str, new: impl Into<Value>) {
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), new.into());
    }
}

/// Where the components of the types are, and those of the validator.
const COMPONENTS: [&str; 2] = ["#/components/schemas/", "#/components/x-enforced/"];

/// A schema of the validator, with references to the components that are kept apart.
fn enforced(schema: &Value) -> Value {
    let [from, to] = COMPONENTS;
    rewrite(schema, (from, to), &[])
}

/// What the server says, without what stands in its document for the comparison alone.
pub(super) fn said(value: &Value) -> Value {
    let [to, from] = COMPONENTS;
    rewrite(value, (from, to), &[ENFORCED, EMITTED])
}

/// The value with references to one place instead of another, and without some keys.
fn rewrite(value: &Value, (from, to): (&str, &str), without: &[&str]) -> Value {
    let moved = |reference: &str| Some(Value::from(format!("{to}{}", reference.strip_prefix(from)?)));
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !without.contains(&key.as_str()));
            let entry = |(key, value): (&String, &Value)| {
                let reference = value.as_str().filter(|_| key == "$ref");
                (key.clone(), reference.and_then(moved).unwrap_or_else(|| rewrite(value, (from, to), without)))
            };
            kept.map(entry).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(|value| rewrite(value, (from, to), without)).collect(),
        _ => value.clone(),
    }
}

impl Complete {
    fn operation(&mut self, tables: &Operation) {
        let method = tables.method.to_lowercase();
        let pointer = Pointer::root().child("paths").child(&tables.path).child(&method);
        let Some(mut operation) = find(&mut self.document, &tables.path, &method).cloned() else {
            return self.contradict(pointer, None, Some(tables.id.as_str().into()));
        };
        if operation["operationId"] != tables.id {
            let emitted = operation.get("operationId").cloned();
            self.contradict(pointer.child("operationId"), emitted, Some(tables.id.as_str().into()));
        }
        put(&mut operation, "security", tables.security.clone());
        put(&mut operation, "x-required-scopes", tables.required_scopes.clone().unwrap_or_default());
        if let Some(exemption) = &tables.scope_exemption {
            put(&mut operation, "x-scope-exemption", exemption.as_str());
        }
        if let Some(status) = tables.invalid_status {
            put(&mut operation, "x-invalid-status", status);
        }
        self.parameters(&pointer, &mut operation, tables);
        self.request_body(&pointer, &mut operation, tables.request_body.as_ref());
        let responses = self.responses(&pointer, &operation, tables);
        put(&mut operation, "responses", responses);
        if let Some(place) = find(&mut self.document, &tables.path, &method) {
            *place = operation;
        }
    }

    fn request_body(&mut self, pointer: &Pointer, operation: &mut Value, said: Option<&RequestBody>) {
        let emitted = operation.get("requestBody").and_then(|body| body.get("content"));
        let (emitted, tables) = (emitted.map(media_types), said.map(|body| json!([body.media_type])));
        if emitted != tables {
            self.contradict(pointer.child("requestBody").child("content"), emitted, tables);
        }
        let (Some(body), Some(said)) = (operation.get_mut("requestBody"), said) else { return };
        put(body, "required", said.required);
        if let Some(max_bytes) = said.max_bytes {
            put(body, "x-max-bytes", max_bytes);
        }
        if let Some(media) = body.get_mut("content").and_then(|content| content.get_mut(&said.media_type)) {
            put(media, ENFORCED, enforced(&said.schema));
        }
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
            put(parameter, "style", said.style.as_str());
            put(parameter, "explode", said.explode);
            put(parameter, ENFORCED, enforced(&said.schema));
            if let (Some(schema), Some(default)) = (parameter.get_mut("schema"), said.schema.get("default")) {
                // Beside a reference, nothing has a meaning.
                if schema.get("$ref").is_some() {
                    *schema = json!({"allOf": [schema]});
                }
                put(schema, "default", default.clone());
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
        put(operation, "parameters", emitted);
    }

    fn responses(&mut self, pointer: &Pointer, operation: &Value, tables: &Operation) -> Value {
        let emitted = operation.get("responses").and_then(Value::as_object).cloned().unwrap_or_default();
        let errors = |status: &str| ERRORS.iter().find(|range| range.get(..1) == status.get(..1));
        let mut responses = Map::new();
        for said in &tables.responses {
            let status = &said.status;
            let found = emitted.get(status).or_else(|| emitted.get(*errors(status)?));
            let content = found.map(|found| self.content(found)).unwrap_or_default();
            let (types, tables) = (content.as_ref().map(media_types), said.media_type.as_ref().map(|it| json!([it])));
            // What dropshot emits for all errors need not be the body of each.
            if types != tables && (errors(status).is_none() || tables.is_some()) {
                self.contradict(pointer.child("responses").child(status).child("content"), types, tables);
            }
            let headers = emitted.get(status);
            let headers = self.headers(&pointer.child("responses").child(status), headers, said);
            responses.insert(status.clone(), response(said, headers, content.filter(|_| said.media_type.is_some())));
        }
        for (status, found) in &emitted {
            if !ERRORS.contains(&status.as_str()) && !responses.contains_key(status) {
                self.contradict(pointer.child("responses").child(status), Some(found.clone()), None);
            }
        }
        responses.into()
    }

    /// The headers of a response. Of errors, and of what may be anything, dropshot emits none.
    fn headers(&mut self, pointer: &Pointer, emitted: Option<&Value>, said: &Response) -> Map<String, Value> {
        let emitted = emitted.filter(|_| said.media_type.as_deref() != Some("*/*"));
        let emits = emitted.map(|response| response.get("headers").and_then(Value::as_object).cloned());
        let emits = emits.map(Option::unwrap_or_default);
        let mut headers = Map::new();
        for it in &said.headers {
            let schema = enforced(&it.schema);
            let mut header = json!({"required": it.required, "x-gate": it.gate, "schema": schema, ENFORCED: schema});
            if let Some(emits) = &emits {
                let found = emits.get(&it.name);
                let required = found.map(|header| header["required"] == true);
                if required != Some(it.required) {
                    let pointer = pointer.child("headers").child(&it.name);
                    self.contradict(pointer, required.map(Value::from), Some(it.required.into()));
                }
                if let Some(schema) = found.and_then(|header| header.get("schema")) {
                    put(&mut header, "schema", schema.clone());
                    put(&mut header, EMITTED, true);
                }
            }
            headers.insert(it.name.clone(), header);
        }
        for (name, header) in emits.into_iter().flatten().filter(|(name, _)| !headers.contains_key(name)) {
            self.contradict(pointer.child("headers").child(name), Some(header), None);
        }
        headers
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
        self.contradictions.push(Finding::contradiction(pointer, emitted, tables));
    }
}

/// The names of the media types of a `content`.
fn media_types(content: &Value) -> Value {
    content.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

fn response(said: &Response, headers: Map<String, Value>, content: Option<Value>) -> Value {
    let mut response = Map::new();
    response.insert("headers".into(), headers.into());
    response.insert("links".into(), said.links.clone());
    if let Some(content) = content {
        response.insert("content".into(), content);
    }
    response.into()
}
