//! The contract as the tests see it: read from the YAML itself, by nothing that the product is made of.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::Answer;

/// Headers of HTTP itself, which no contract documents.
const FRAMING: [&str; 5] = ["content-type", "content-length", "transfer-encoding", "connection", "date"];

/// The contract under test.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::parse(include_str!("../../openapi/aether.yaml")));

#[derive(Debug)]
pub struct Contract {
    document: Value,
    pub operations: Vec<Operation>,
}

/// One operation, and the statuses that it documents.
#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub required_scopes: Vec<String>,
    /// The media type of the body, where there is one.
    pub body: Option<String>,
    /// The responses by status, with references resolved.
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

    /// The operation that answers this method on this path, if one does.
    #[must_use]
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == *method && matches(&operation.path, path))
    }

    /// Every path of the contract, once.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        self.document["paths"].as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    /// Holds an answer of an operation against what the contract documents, headers included.
    ///
    /// # Errors
    /// Everything about the answer that the contract does not document.
    pub fn check(&self, operation: &Operation, answer: &Answer) -> Result<(), Vec<String>> {
        let status = answer.status.as_u16();
        let Some(response) = operation.responses.get(&status) else {
            return Err(vec![format!("{} does not document the status {status}", operation.id)]);
        };
        let mut wrong = self.check_headers(response, answer);
        match response.pointer("/content/application~1json/schema") {
            Some(schema) => {
                if answer.header("content-type") != Some("application/json") {
                    wrong.push(format!("the content type is {:?}", answer.header("content-type")));
                }
                wrong.extend(self.violations(schema, &answer.json()));
            }
            None if !answer.body.is_empty() => wrong.push("there is a body".to_owned()),
            None => {}
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn check_headers(&self, response: &Value, answer: &Answer) -> Vec<String> {
        let documented = response["headers"].as_object().cloned().unwrap_or_default();
        let known = |name: &str| documented.keys().any(|key| key.eq_ignore_ascii_case(name)) || FRAMING.contains(&name);
        let undocumented = answer.headers.keys().filter(|name| !known(name.as_str()));
        let mut wrong: Vec<_> = undocumented.map(|name| format!("the header {name} is not documented")).collect();
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = resolve(&self.document, header);
            let values: Vec<_> = answer.headers.get_all(name).iter().collect();
            match values.as_slice() {
                [] if header["required"] == true => wrong.push(format!("the header {name} is missing")),
                [] => {}
                [value] => {
                    let text = value.to_str().expect("headers are ASCII");
                    let value = match header["schema"]["type"].as_str() {
                        Some("integer") => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
                        Some("boolean") => text.parse::<bool>().map_or_else(|_| json!(text), Value::from),
                        _ => json!(text),
                    };
                    let violations = self.violations(&header["schema"], &value);
                    wrong.extend(violations.into_iter().map(|violation| format!("the header {name}: {violation}")));
                }
                _ => wrong.push(format!("the header {name} is there more than once")),
            }
        }
        wrong
    }

    /// How `value` violates a schema of the contract, by a JSON Schema validator that the product does not use.
    #[must_use]
    pub fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut root = json_schema(schema);
        root["components"] = json_schema(&self.document["components"]);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&root)
            .expect("the contract's schemas are schemas");
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }
}

impl Operation {
    fn read(document: &Value, path: &str, method: Method, operation: &Value) -> Self {
        let responses = operation["responses"].as_object().expect("an operation has responses");
        Self {
            id: operation["operationId"].as_str().expect("an operation has an id").to_owned(),
            method,
            path: path.to_owned(),
            required_scopes: serde_json::from_value(operation["x-required-scopes"].clone())
                .expect("scopes are strings"),
            body: operation["requestBody"]["content"].as_object().and_then(|content| content.keys().next().cloned()),
            responses: responses
                .iter()
                .map(|(status, response)| (status.parse().expect("a status"), resolve(document, response).clone()))
                .collect(),
        }
    }

    #[must_use]
    pub fn success(&self) -> StatusCode {
        let status = self.responses.keys().find(|status| **status < 300).expect("every operation can succeed");
        StatusCode::from_u16(*status).expect("a status")
    }
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("references lead somewhere"),
        None => value,
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
}

/// A schema of OpenAPI 3.0 as one of JSON Schema: `nullable` becomes a type.
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
