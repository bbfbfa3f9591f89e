//! The server's document: the emitted document, completed with the stub's tables.
//!
//! The schemas that the validator enforces are a document of their own, because its components can differ from those of the
//! types under the same names. Invalid parts are kept as they are and found by the comparison.

use std::collections::{BTreeMap, BTreeSet};

use dropstub_document::{Node, Pointer};
use serde_json::{Map, Value, json};

use super::finding::Finding;
use super::manifest::{BodyTable, Manifest, OperationTable, ParameterTable, ResponseTable};

/// A manifest as one document, to compare contracts with.
#[derive(Debug)]
pub struct ServerDocument {
    pub(super) document: Value,
    /// The parameters, media types and headers that the validator has a schema for, by their pointer in the document. The
    /// key of the schema in [`enforced`](Self::enforced).
    pub(super) enforced_schemas: BTreeMap<Pointer, String>,
    /// The validator's document: its components, and the schemas of [`enforced_schemas`](Self::enforced_schemas) below
    /// `schemas`.
    pub(super) enforced: Value,
    /// The headers that dropshot emits, by their pointer in the document: those of successes.
    pub(super) emitted_headers: BTreeSet<Pointer>,
    /// Contradictions between the emitted document and the tables.
    pub(super) contradictions: Vec<Finding>,
}

/// The statuses under which dropshot emits the errors of an operation.
const ERRORS: [&str; 2] = ["4XX", "5XX"];

impl ServerDocument {
    /// Combines the parts of a manifest.
    #[must_use]
    pub fn new(manifest: &Manifest) -> Self {
        let tables = &manifest.tables;
        let mut server = Self {
            document: manifest.document.clone(),
            enforced_schemas: BTreeMap::new(),
            enforced: json!({"schemas": {}, "components": {"schemas": tables.schemas}}),
            emitted_headers: BTreeSet::new(),
            contradictions: Vec::new(),
        };
        for operation in &tables.operations {
            server.operation(operation);
        }
        server.unknown_operations(manifest);
        let document = &mut server.document;
        put(document, "servers", tables.servers.clone());
        if let Some(document) = document.as_object_mut() {
            let components = document.entry("components").or_insert_with(|| json!({}));
            put(components, "securitySchemes", tables.security_schemes.clone());
            for secret in &tables.secrets {
                if let Some(schema) = components.get_mut("schemas").and_then(|schemas| schemas.get_mut(secret)) {
                    put(schema, "x-dropstub-secret", true);
                }
            }
        }
        server
    }

    /// Records the schema that the validator enforces for the object at `pointer`.
    fn enforce(&mut self, pointer: Pointer, schema: &Value) {
        let key = self.enforced_schemas.len().to_string();
        put(&mut self.enforced["schemas"], &key, schema.clone());
        self.enforced_schemas.insert(pointer, key);
    }

    fn operation(&mut self, tables: &OperationTable) {
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
        put(&mut operation, "x-dropstub-required-scopes", tables.required_scopes.clone().unwrap_or_default());
        if let Some(exemption) = &tables.scope_exemption {
            put(&mut operation, "x-dropstub-scope-exemption", exemption.as_str());
        }
        if let Some(status) = tables.invalid_status {
            put(&mut operation, "x-dropstub-invalid-status", status);
        }
        put(&mut operation, "x-dropstub-strict-query", tables.strict_query);
        if tables.idempotent {
            put(&mut operation, "x-dropstub-idempotent", true);
        }
        self.parameters(&pointer, &mut operation, tables);
        self.request_body(&pointer, &mut operation, tables.request_body.as_ref());
        let responses = self.responses(&pointer, &operation, tables);
        put(&mut operation, "responses", responses);
        if let Some(emitted) = find(&mut self.document, &tables.path, &method) {
            *emitted = operation;
        }
    }

    fn request_body(&mut self, pointer: &Pointer, operation: &mut Value, table: Option<&BodyTable>) {
        let emitted = operation.get("requestBody").and_then(|body| body.get("content"));
        let (emitted, tables) = (emitted.map(media_types), table.map(|body| json!([body.media_type])));
        if emitted != tables {
            self.contradict(pointer.child("requestBody").child("content"), emitted, tables);
        }
        let (Some(body), Some(table)) = (operation.get_mut("requestBody"), table) else { return };
        put(body, "required", table.required);
        if let Some(max_bytes) = table.max_bytes {
            put(body, "x-dropstub-max-bytes", max_bytes);
        }
        if body.get("content").is_some_and(|content| content.get(&table.media_type).is_some()) {
            let media = pointer.child("requestBody").child("content").child(&table.media_type);
            self.enforce(media, &table.schema);
        }
    }

    fn parameters(&mut self, pointer: &Pointer, operation: &mut Value, tables: &OperationTable) {
        let mut emitted = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        for table in &tables.parameters {
            let is_table = |emitted: &Value| emitted["name"] == table.name && emitted["in"] == table.location;
            let Some(index) = emitted.iter().position(is_table) else {
                self.contradict(pointer.child("parameters"), None, Some(table.name.as_str().into()));
                continue;
            };
            let parameter = &mut emitted[index];
            put(parameter, "style", table.style.as_str());
            put(parameter, "explode", table.explode);
            if let (Some(schema), Some(default)) = (parameter.get_mut("schema"), table.schema.get("default")) {
                // OpenAPI ignores keys next to a reference.
                if schema.get("$ref").is_some() {
                    *schema = json!({"allOf": [schema]});
                }
                put(schema, "default", default.clone());
            }
            let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
            if parameter.is_object() {
                self.enforce(pointer.child("parameters").child(index), &table.schema);
            }
            if required != table.required {
                let pointer = pointer.child("parameters").child(&table.name);
                self.contradict(pointer, Some(required.into()), Some(table.required.into()));
            }
        }
        for parameter in &emitted {
            let is_emitted =
                |table: &ParameterTable| parameter["name"] == table.name && parameter["in"] == table.location;
            if !tables.parameters.iter().any(is_emitted) {
                self.contradict(pointer.child("parameters"), Some(parameter["name"].clone()), None);
            }
        }
        put(operation, "parameters", emitted);
    }

    fn responses(&mut self, pointer: &Pointer, operation: &Value, tables: &OperationTable) -> Value {
        let emitted = operation.get("responses").and_then(Value::as_object).cloned().unwrap_or_default();
        let errors = |status: &str| ERRORS.iter().find(|range| range.get(..1) == status.get(..1));
        let mut responses = Map::new();
        for table in &tables.responses {
            let status = &table.status;
            let found = emitted.get(status).or_else(|| emitted.get(*errors(status)?));
            let content = found.map(|found| self.content(found)).unwrap_or_default();
            let (types, tables) = (content.as_ref().map(media_types), table.media_type.as_ref().map(|it| json!([it])));
            // Dropshot emits one schema for all errors; a single error can have no body.
            if types != tables && (errors(status).is_none() || tables.is_some()) {
                self.contradict(pointer.child("responses").child(status).child("content"), types, tables);
            }
            let headers = emitted.get(status).filter(|_| errors(status).is_none());
            let headers = self.headers(&pointer.child("responses").child(status), headers, table);
            let content = content.filter(|_| table.media_type.is_some());
            responses.insert(status.clone(), response(table, headers, content));
        }
        for (status, found) in &emitted {
            if !ERRORS.contains(&status.as_str()) && !responses.contains_key(status) {
                self.contradict(pointer.child("responses").child(status), Some(found.clone()), None);
            }
        }
        responses.into()
    }

    /// The headers of a response. Dropshot emits none of errors and of `*/*`.
    fn headers(&mut self, pointer: &Pointer, emitted: Option<&Value>, table: &ResponseTable) -> Map<String, Value> {
        let emitted = emitted.filter(|_| table.media_type.as_deref() != Some("*/*"));
        let emits = emitted.map(|response| response.get("headers").and_then(Value::as_object).cloned());
        let emits = emits.map(Option::unwrap_or_default);
        let mut headers = Map::new();
        for it in &table.headers {
            let mut header = json!({"required": it.required, "x-dropstub-admission": it.admission});
            let header_pointer = pointer.child("headers").child(&it.name);
            if let Some(emits) = &emits {
                let found = emits.get(&it.name);
                let required = found.map(|header| header["required"] == true);
                if required != Some(it.required) {
                    let required = required.map(Value::from);
                    self.contradict(header_pointer.clone(), required, Some(it.required.into()));
                }
                if let Some(schema) = found.and_then(|header| header.get("schema")) {
                    put(&mut header, "schema", schema.clone());
                    self.emitted_headers.insert(header_pointer.clone());
                }
            }
            self.enforce(header_pointer, &it.schema);
            headers.insert(it.name.clone(), header);
        }
        for (name, header) in emits.into_iter().flatten().filter(|(name, _)| !headers.contains_key(name)) {
            self.contradict(pointer.child("headers").child(name), Some(header), None);
        }
        headers
    }

    /// The content of an emitted response, with its reference resolved.
    fn content(&self, response: &Value) -> Option<Value> {
        let reference = response.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        let response =
            reference.and_then(|pointer| pointer.find(&self.document).cloned()).unwrap_or_else(|| response.clone());
        response
            .get("content")
            .filter(|content| content.as_object().is_some_and(|content| !content.is_empty()))
            .cloned()
    }

    /// Reports operations that dropshot emits and the tables lack.
    fn unknown_operations(&mut self, manifest: &Manifest) {
        for operation in Node::root(&manifest.document).operations() {
            let known =
                |it: &OperationTable| it.path == operation.path && it.method.eq_ignore_ascii_case(operation.method);
            if !manifest.tables.operations.iter().any(known) {
                self.contradict(operation.node.pointer.clone(), operation.id().map(Value::from), None);
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

fn response(table: &ResponseTable, headers: Map<String, Value>, content: Option<Value>) -> Value {
    let mut response = Map::new();
    response.insert("headers".into(), headers.into());
    response.insert("links".into(), table.links.clone());
    if let Some(content) = content {
        response.insert("content".into(), content);
    }
    response.into()
}

/// The operation object in the emitted document.
fn find<'v>(document: &'v mut Value, path: &str, method: &str) -> Option<&'v mut Value> {
    document.get_mut("paths")?.get_mut(path)?.get_mut(method).filter(|operation| operation.is_object())
}

/// Sets a key, if the value is an object.
fn put(value: &mut Value, key: &str, new: impl Into<Value>) {
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), new.into());
    }
}
