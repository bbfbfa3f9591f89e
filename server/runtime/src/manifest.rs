//! The manifest: the stub's description of itself, which the check compares with the document. It contains the document that
//! dropshot emits from the compiled types, and the tables that control the stub.

use serde_json::{Map, Value, json};

use super::operation::{HeaderSource, HeaderSpec, Location, Operation, Parameter, ResponseSpec};

/// Parts of the document that control nothing in the stub. They are in the manifest only.
#[derive(Debug)]
pub struct Statements {
    /// The `servers`, as JSON text.
    pub servers: &'static str,
    /// The security schemes in use by name, as JSON text.
    pub security_schemes: &'static str,
    /// The component schemas that are secrets (`x-dropstub-secret`).
    pub secrets: &'static [&'static str],
}

/// The manifest as a JSON object.
#[must_use]
pub fn manifest(document: &Value, statements: &Statements, operations: &[&'static Operation]) -> Value {
    let mut schemas = Map::new();
    let operations: Vec<_> = operations.iter().map(|operation| describe(operation, &mut schemas)).collect();
    json!({
        "document": document,
        "stub": {
            "servers": text(statements.servers),
            "security_schemes": text(statements.security_schemes),
            "secrets": statements.secrets,
            "schemas": schemas,
            "operations": operations,
        },
    })
}

fn describe(operation: &'static Operation, schemas: &mut Map<String, Value>) -> Value {
    json!({
        "operation_id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "security": operation.security.iter().map(|scheme| json!({*scheme: []})).collect::<Vec<_>>(),
        "required_scopes": operation.required_scopes,
        "scope_exemption": operation.scope_exemption,
        "invalid_status": operation.invalid_status,
        "strict_query": operation.strict_query,
        "idempotent": operation.idempotent,
        "parameters": operation.parameters.iter().map(|it| parameter(it, schemas)).collect::<Vec<_>>(),
        "request_body": operation.body.as_ref().map(|body| json!({
            "required": true,
            "max_bytes": body.max_bytes,
            "media_type": body.media.name(),
            "schema": body.rule.schema(schemas),
        })),
        "responses": operation.responses.iter().map(|it| response(it, schemas)).collect::<Vec<_>>(),
    })
}

fn parameter(parameter: &'static Parameter, schemas: &mut Map<String, Value>) -> Value {
    // The stub parses one value for each name, which equals these styles for values other than lists.
    let (location, style, explode) = match parameter.location {
        Location::Path => ("path", "simple", false),
        Location::Query => ("query", "form", true),
        Location::Header => ("header", "simple", false),
    };
    let mut schema = parameter.rule.schema(schemas);
    if let (Value::Object(schema), Some(default)) = (&mut schema, parameter.default) {
        schema.insert("default".into(), default());
    }
    json!({
        "name": parameter.name,
        "in": location,
        "required": parameter.required,
        "style": style,
        "explode": explode,
        "schema": schema,
    })
}

fn response(response: &'static ResponseSpec, schemas: &mut Map<String, Value>) -> Value {
    json!({
        "status": response.status.to_string(),
        "media_type": response.content.media_type(),
        "headers": response.headers.iter().map(|it| header(it, schemas)).collect::<Vec<_>>(),
        "links": text(response.links),
    })
}

fn header(header: &'static HeaderSpec, schemas: &mut Map<String, Value>) -> Value {
    json!({
        "name": header.name,
        "required": header.required,
        "admission": header.source == HeaderSource::Admission,
        "schema": header.rule.schema(schemas),
    })
}

/// Parses JSON text that the generator wrote.
fn text(json: &'static str) -> Value {
    serde_json::from_str(json).expect("the generator writes JSON")
}
