//! The manifest of the stub of a contract, as far as [`shop`](super::shop) needs it: the document that dropshot emits, and the tables.

use serde_json::{Map, Value, json};

use crate::check::Manifest;
use dropstub_document::Pointer;

pub(super) fn manifest(contract: &Value) -> Manifest {
    serde_json::from_value(json(contract)).expect("the value is a manifest")
}

/// The manifest as the compiled stub prints it.
pub(super) fn json(contract: &Value) -> Value {
    let (mut paths, mut operations) = (Map::new(), Vec::new());
    for (path, item) in contract["paths"].as_object().expect("a paths object") {
        let mut emitted = Map::new();
        for (method, operation) in item.as_object().expect("a path item").iter().filter(|(_, it)| it.is_object()) {
            let parameters = parameters(contract, item, operation);
            emitted.insert(method.clone(), dropshot(contract, operation, &parameters));
            operations.push(tables(contract, (path, method), operation, &parameters));
        }
        paths.insert(path.clone(), emitted.into());
    }
    let schemas = &contract["components"]["schemas"];
    let secrets = schemas.as_object().into_iter().flatten().filter(|(_, it)| it["x-dropstub-secret"] == true);
    json!({
        "document": {
            "openapi": "3.0.3",
            "info": contract["info"],
            "paths": paths,
            "components": {"schemas": emitted(schemas)},
        },
        "stub": {
            "servers": contract["servers"],
            "security_schemes": contract["components"]["securitySchemes"],
            "secrets": secrets.map(|(name, _)| name).collect::<Vec<_>>(),
            "schemas": enforced(schemas),
            "operations": operations,
        },
    })
}

fn dropshot(contract: &Value, operation: &Value, parameters: &[Value]) -> Value {
    let mut emitted_operation = operation.clone();
    let map = emitted_operation.as_object_mut().expect("an operation");
    for key in [
        "security",
        "x-dropstub-required-scopes",
        "x-dropstub-scope-exemption",
        "x-dropstub-invalid-status",
        "x-dropstub-strict-query",
        "x-dropstub-idempotent",
        "servers",
    ] {
        map.shift_remove(key);
    }
    let parameter = |it: &Value| {
        let mut schema = it["schema"].clone();
        without(&mut schema, &["default"]);
        json!({"in": it["in"], "name": it["name"], "required": it["required"] == true, "schema": emitted(&schema)})
    };
    map.insert("parameters".into(), parameters.iter().map(parameter).collect());
    if let Some(body) = map.get_mut("requestBody") {
        without(body, &["x-dropstub-max-bytes"]);
        *body = emitted(body);
    }
    let mut responses = Map::new();
    for (status, response) in operation["responses"].as_object().expect("there are responses") {
        let range = match status.as_bytes()[0] {
            b'4' => "4XX",
            b'5' => "5XX",
            _ => status,
        };
        let mut response = resolve(contract, response).clone();
        // Dropshot emits the headers of successes alone.
        let more: &[_] = if range == *status { &["links"] } else { &["links", "headers"] };
        without(&mut response, more);
        responses.insert(range.to_owned(), emitted(&response));
    }
    map.insert("responses".into(), responses.into());
    emitted_operation
}

fn tables(contract: &Value, (path, method): (&str, &str), operation: &Value, parameters: &[Value]) -> Value {
    let parameter = |it: &Value| {
        let form = it["in"] == "query";
        let mut schema = enforced(&it["schema"]);
        if let Some(default) = it["schema"].get("default") {
            schema["default"] = default.clone();
        }
        json!({
            "name": it["name"], "in": it["in"], "required": it["required"] == true, "schema": schema,
            "style": if form { "form" } else { "simple" }, "explode": form,
        })
    };
    let media_type = |holder: &Value| holder["content"].as_object().and_then(|content| content.keys().next().cloned());
    let body = operation.get("requestBody").map(|body| {
        let media_type = media_type(body).expect("a body has a media type");
        let schema = enforced(&body["content"][&media_type]["schema"]);
        json!({
            "required": body["required"] == true, "max_bytes": body["x-dropstub-max-bytes"], "media_type": media_type,
            "schema": schema,
        })
    });
    let response = |(status, it): (&String, &Value)| {
        let it = resolve(contract, it);
        let header = |(name, it): (&String, &Value)| json!({"name": name, "required": it["required"] == true, "admission": it["x-dropstub-admission"] == true, "schema": enforced(&it["schema"])});
        let headers: Vec<_> = it["headers"].as_object().into_iter().flatten().map(header).collect();
        let links = it.get("links").cloned().unwrap_or_else(|| json!({}));
        json!({"status": status, "media_type": media_type(it), "headers": headers, "links": links})
    };
    json!({
        "operation_id": operation["operationId"], "method": method.to_uppercase(), "path": path,
        "security": operation.get("security").unwrap_or(&contract["security"]),
        "required_scopes": operation["x-dropstub-required-scopes"],
        "scope_exemption": operation["x-dropstub-scope-exemption"], "invalid_status": operation["x-dropstub-invalid-status"],
        "strict_query": operation.get("x-dropstub-strict-query").unwrap_or(&contract["x-dropstub-strict-query"]) == true,
        "idempotent": operation["x-dropstub-idempotent"] == true,
        "parameters": parameters.iter().map(parameter).collect::<Vec<_>>(),
        "request_body": body,
        "responses": operation["responses"].as_object().into_iter().flatten().map(response).collect::<Vec<_>>(),
    })
}

fn parameters(contract: &Value, item: &Value, operation: &Value) -> Vec<Value> {
    let lists = [&item["parameters"], &operation["parameters"]].into_iter().filter_map(Value::as_array);
    lists.flatten().map(|it| resolve(contract, it).clone()).collect()
}

fn resolve<'v>(contract: &'v Value, value: &'v Value) -> &'v Value {
    let pointer = value["$ref"].as_str().and_then(Pointer::from_reference);
    pointer.map_or(value, |pointer| pointer.find(contract).expect("the reference resolves"))
}

/// The emitted form of a value: without extensions, and with the bound that the type `u32` implies.
fn emitted(value: &Value) -> Value {
    let mut emitted = without_deeply(value, &["x-dropstub-check", "x-dropstub-secret"]);
    bound(&mut emitted);
    emitted
}

fn bound(value: &mut Value) {
    if value["format"] == "uint32" && value.get("minimum").is_none() {
        value["minimum"] = json!(0.0);
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(bound),
        Value::Array(values) => values.iter_mut().for_each(bound),
        _ => {}
    }
}

fn enforced(value: &Value) -> Value {
    without_deeply(value, &["x-dropstub-secret", "default", "deprecated", "readOnly", "description"])
}

fn without_deeply(value: &Value, keys: &[&str]) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !keys.contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), without_deeply(value, keys))).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(|value| without_deeply(value, keys)).collect(),
        _ => value.clone(),
    }
}

fn without(value: &mut Value, keys: &[&str]) {
    if let Some(map) = value.as_object_mut() {
        map.retain(|key, _| !keys.contains(&key.as_str()));
    }
}
