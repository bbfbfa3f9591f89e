//! The contract as an independent oracle. Reference resolution and the conversion to JSON Schema are implemented again
//! here on purpose, so that the tests share no errors with the generator and the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::Response;
use crate::coverage::Coverage;

/// Headers of HTTP itself, which are not documented.
const HTTP_HEADERS: [&str; 5] = ["content-type", "content-length", "transfer-encoding", "connection", "date"];

/// The contract under test.
pub static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| Contract::parse(include_str!("../../../openapi/aether.yaml")));

#[derive(Debug)]
pub struct Contract {
    document: Value,
    pub operations: Vec<Operation>,
}

/// An operation with its documented responses.
#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub required_scopes: Vec<String>,
    /// The media type of the request body.
    pub body_media_type: Option<String>,
    /// The responses by status. The references to them are resolved.
    pub responses: BTreeMap<u16, Value>,
}

impl Contract {
    fn parse(yaml: &str) -> Self {
        let document: Value = serde_yaml_ng::from_str(yaml).expect("the contract is YAML");
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().expect("the contract has paths") {
            for (method, operation) in item.as_object().expect("a path item is an object") {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                if operation.get("operationId").is_some() {
                    operations.push(Operation::read(&document, path, method, operation));
                }
            }
        }
        Self { document, operations }
    }

    /// Finds the operation of a method and a path.
    #[must_use]
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == *method && path_matches(&operation.path, path))
    }

    /// Returns every path template of the contract.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        self.document["paths"].as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    /// Checks that the contract documents a response of an operation, headers included, and records it.
    ///
    /// # Errors
    /// Each deviation from the contract.
    pub fn check(&self, operation: &Operation, response: &Response, coverage: &Coverage) -> Result<(), Vec<String>> {
        let status = response.status.as_u16();
        let Some(documented) = operation.responses.get(&status) else {
            return Err(vec![format!("{} does not document the status {status}", operation.id)]);
        };
        coverage.record(&operation.id, status);
        let mut errors = self.check_headers(documented, response);
        match documented.pointer("/content/application~1json/schema") {
            Some(schema) => {
                if response.header("content-type") != Some("application/json") {
                    errors.push(format!("unexpected content type {:?}", response.header("content-type")));
                }
                match serde_json::from_slice(&response.body) {
                    Ok(body) => errors.extend(self.check_body(schema, &body, coverage)),
                    Err(error) => errors.push(format!("the body is not JSON: {error}")),
                }
                errors.extend(check_conflict(operation, status, response, coverage));
            }
            None if !response.body.is_empty() => errors.push("undocumented body".to_owned()),
            None => {}
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_headers(&self, documented: &Value, response: &Response) -> Vec<String> {
        let documented = documented["headers"].as_object().cloned().unwrap_or_default();
        let is_known =
            |name: &str| documented.keys().any(|key| key.eq_ignore_ascii_case(name)) || HTTP_HEADERS.contains(&name);
        let undocumented = response.headers.keys().filter(|name| !is_known(name.as_str()));
        let mut errors: Vec<_> = undocumented.map(|name| format!("undocumented header {name}")).collect();
        for (name, header) in &documented {
            let header = resolve(&self.document, header);
            let values: Vec<_> = response.headers.get_all(name).iter().collect();
            match values.as_slice() {
                [] if header["required"] == true => errors.push(format!("missing header {name}")),
                [] => {}
                [value] => {
                    let Ok(text) = value.to_str() else {
                        errors.push(format!("header {name} is not ASCII"));
                        continue;
                    };
                    let value = match header["schema"]["type"].as_str() {
                        Some("integer") => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
                        Some("boolean") => text.parse::<bool>().map_or_else(|_| json!(text), Value::from),
                        _ => json!(text),
                    };
                    let violations = self.violations(&header["schema"], &value);
                    errors.extend(violations.into_iter().map(|violation| format!("header {name}: {violation}")));
                }
                _ => errors.push(format!("duplicate header {name}")),
            }
        }
        errors
    }

    /// Checks a response body against a schema of the contract, and records the values of lists. Returns each violation.
    #[must_use]
    pub fn check_body(&self, schema: &Value, body: &Value, coverage: &Coverage) -> Vec<String> {
        let mut errors = self.violations(schema, body);
        let mut found = Vec::new();
        self.listed(schema, "", body, &mut found);
        for (list, values, value) in found {
            if values.contains_key(&value) {
                coverage.record_value(&list, &value);
            } else {
                errors.push(format!("{list} does not list {value}"));
            }
        }
        errors
    }

    /// The strings of `value` whose schema lists its values: the name of the list, the values, and the string.
    fn listed<'d>(
        &'d self,
        schema: &'d Value,
        name: &str,
        value: &Value,
        found: &mut Vec<(String, &'d Map<String, Value>, String)>,
    ) {
        if let Some(reference) = schema["$ref"].as_str() {
            let component = reference.rsplit('/').next().unwrap_or_default();
            return self.listed(resolve(&self.document, schema), component, value, found);
        }
        match value {
            Value::String(text) => {
                found.extend(schema["x-dropstub-values"].as_object().map(|it| (name.to_owned(), it, text.clone())));
            }
            Value::Array(items) => items.iter().for_each(|item| self.listed(&schema["items"], name, item, found)),
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.listed(&schema["properties"][field], &format!("{name}.{field}"), value, found);
                }
            }
            _ => {}
        }
    }

    /// Each value that a property of a component lists, with the name of the list (`ErrorBody.code`), and each code of a conflict, with
    /// the id of its operation.
    pub(crate) fn listed_values(&self) -> BTreeSet<(String, String)> {
        let conflicts =
            |it: &Operation| it.conflicts().into_iter().map(|code| (it.id.clone(), code)).collect::<Vec<_>>();
        let mut found: BTreeSet<_> = self.operations.iter().flat_map(conflicts).collect();
        for (component, schema) in self.document["components"]["schemas"].as_object().into_iter().flatten() {
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                let values = schema["x-dropstub-values"].as_object().into_iter().flatten();
                found.extend(values.map(|(value, _)| (format!("{component}.{field}"), value.clone())));
            }
        }
        found
    }

    /// Validates `value` against a schema of the contract, with a JSON Schema validator that the product does not use.
    /// Returns each violation.
    #[must_use]
    pub fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut root = json_schema(schema);
        root["components"] = json_schema(&self.document["components"]);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&root)
            .expect("the contract's schemas are valid");
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }
}

/// Checks that the operation documents the code of a 409, as the name of an example, and records the code.
fn check_conflict(operation: &Operation, status: u16, response: &Response, coverage: &Coverage) -> Option<String> {
    let body: Value = (status == 409).then(|| serde_json::from_slice(&response.body).unwrap_or_default())?;
    let code = body["error"]["code"].as_str().unwrap_or_default().to_owned();
    if !operation.conflicts().contains(&code) {
        return Some(format!("{} does not document the conflict {code}", operation.id));
    }
    coverage.record_value(&operation.id, &code);
    None
}

impl Operation {
    /// The codes of the documented 409.
    pub(crate) fn conflicts(&self) -> BTreeSet<String> {
        let examples =
            self.responses.get(&409).and_then(|it| it["content"]["application/json"]["examples"].as_object());
        examples.into_iter().flatten().map(|(code, _)| code.clone()).collect()
    }

    fn read(document: &Value, path: &str, method: Method, operation: &Value) -> Self {
        let responses = operation["responses"].as_object().expect("an operation has responses");
        Self {
            id: operation["operationId"].as_str().expect("an operation has an id").to_owned(),
            method,
            path: path.to_owned(),
            required_scopes: serde_json::from_value(operation["x-dropstub-required-scopes"].clone())
                .expect("scopes are strings"),
            body_media_type: operation["requestBody"]["content"]
                .as_object()
                .and_then(|content| content.keys().next().cloned()),
            responses: responses
                .iter()
                .map(|(status, response)| (status.parse().expect("a status"), resolve(document, response).clone()))
                .collect(),
        }
    }

    /// Returns the status of success.
    #[must_use]
    pub fn success(&self) -> StatusCode {
        let status = self.responses.keys().find(|status| **status < 300).expect("every operation can succeed");
        StatusCode::from_u16(*status).expect("a status")
    }
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("references resolve"),
        None => value,
    }
}

fn path_matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(expected, actual)| expected.starts_with('{') || *expected == actual)
}

/// Converts a schema of OpenAPI 3.0 to JSON Schema: `nullable` becomes a type.
fn json_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut map: Map<_, _> = map.iter().map(|(key, value)| (key.clone(), json_schema(value))).collect();
            if map.remove("nullable") == Some(Value::Bool(true)) {
                match map.get_mut("type") {
                    Some(kind) => *kind = json!([kind, "null"]),
                    None => return json!({"anyOf": [map, {"type": "null"}]}),
                }
            }
            Value::Object(map)
        }
        Value::Array(values) => values.iter().map(json_schema).collect(),
        other => other.clone(),
    }
}
