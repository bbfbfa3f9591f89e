//! Changes without an effect, which the check must not report.

use dropstub_document::{Document, Pointer};
use serde_json::{Map, Value, json};

use crate::support::{TOKENS, contract, delete, with};
use crate::{compare, pointers};

fn assert_equal(changed: &Value, change: &str) {
    assert_eq!(pointers(&compare(changed).unwrap()), Vec::<String>::new(), "{change}");
}

#[test]
fn order_of_keys_and_sets_makes_no_difference() {
    assert_equal(&reversed(&contract(), false), "all objects reversed");
    assert_equal(&reversed(&contract(), true), "all objects and sets reversed");
}

/// The document with reversed objects and, with `sets`, reversed lists that are sets.
fn reversed(value: &Value, sets: bool) -> Value {
    match value {
        Value::Object(map) => {
            let reverse = |(key, value): (&String, &Value)| {
                let is_set = matches!(
                    key.as_str(),
                    "required" | "enum" | "tags" | "x-dropstub-required-scopes" | "parameters" | "security"
                );
                let mut value = reversed(value, sets);
                if let (true, Value::Array(values)) = (sets && is_set, &mut value) {
                    values.reverse();
                }
                (key.clone(), value)
            };
            map.iter().rev().map(reverse).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(|value| reversed(value, sets)).collect(),
        other => other.clone(),
    }
}

#[test]
fn json_and_yaml_are_equal() {
    let json = contract().to_string();
    let document = Document::parse("contract.json", json).unwrap();
    assert_equal(&document.value, "JSON");
}

#[test]
fn inlined_reference_makes_no_difference() {
    let contract = contract();
    let mut found = Vec::new();
    references(&contract, &Pointer::root(), &mut found);
    assert!(found.len() > 60, "the contract has {} references", found.len());
    for (pointer, target) in found {
        let mut changed = contract.clone();
        let reference = changed.pointer_mut(pointer.to_string().trim_start_matches('#')).unwrap();
        *reference = target.find(&contract).unwrap().clone();
        assert_equal(&changed, &format!("{pointer} inlined"));
    }
}

/// The pointers of all references, with their targets.
fn references(value: &Value, pointer: &Pointer, found: &mut Vec<(Pointer, Pointer)>) {
    match value {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference) {
                found.push((pointer.clone(), target));
            }
            map.iter().for_each(|(key, value)| references(value, &pointer.child(key), found));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| references(value, &pointer.child(index), found));
        }
        _ => {}
    }
}

#[test]
fn parameters_of_path_item_and_operations_are_equal() {
    let mut changed = contract();
    for item in changed["paths"].as_object_mut().unwrap().values_mut() {
        let Some(common) = item.as_object_mut().unwrap().shift_remove("parameters") else { continue };
        for operation in item.as_object_mut().unwrap().values_mut() {
            let own = operation["parameters"].as_array().cloned().unwrap_or_default();
            operation["parameters"] = common.as_array().unwrap().iter().cloned().chain(own).collect();
        }
    }
    assert_equal(&changed, "parameters at the operations");
}

#[test]
fn stated_defaults_and_documentation_make_no_difference() {
    for (pointer, value) in [
        ("/openapi", json!("3.0.1")),
        ("/x-anything", json!({"a": 1})),
        ("/components/x-anything", json!(1)),
        ("/components/schemas/Unused", json!({"type": "string"})),
        ("/components/responses/Unused", json!({"description": "unused"})),
        ("/components/securitySchemes/unused", json!({"type": "http", "scheme": "basic"})),
        ("/components/securitySchemes/bearerAuth/bearerFormat", json!("aether")),
        ("/components/securitySchemes/bearerAuth/scheme", json!("Bearer")),
        ("/tags/1", json!({"name": "unused"})),
        ("/tags/0/description", json!("Changed.")),
        ("/externalDocs", json!({"url": "https://example.com"})),
        ("/info/description", json!("Changed.")),
        ("/info/contact", json!({"name": "x"})),
        ("/components/parameters/OrgID/style", json!("simple")),
        ("/components/parameters/OrgID/explode", json!(false)),
        ("/components/parameters/OrgID/deprecated", json!(false)),
        ("/components/parameters/OrgID/description", json!("Changed.")),
        ("/components/headers/RequestId/style", json!("simple")),
        ("/components/headers/RequestId/explode", json!(false)),
        ("/components/headers/RequestId/deprecated", json!(false)),
        ("/components/schemas/ApiToken/additionalProperties", json!(true)),
        ("/components/schemas/ApiToken/additionalProperties", json!({})),
        ("/components/schemas/ApiToken/minProperties", json!(0)),
        ("/components/schemas/ApiToken/title", json!("A token")),
        ("/components/schemas/ApiToken/deprecated", json!(false)),
        ("/components/schemas/ApiToken/properties/name/nullable", json!(false)),
        ("/components/schemas/ApiToken/properties/name/minLength", json!(0)),
        ("/components/schemas/ApiToken/properties/name/readOnly", json!(false)),
        ("/components/schemas/ApiToken/properties/name/example", json!("x")),
        ("/components/schemas/ApiToken/properties/scopes/uniqueItems", json!(false)),
        ("/components/schemas/ApiToken/properties/scopes/minItems", json!(0)),
        ("/components/schemas/ApiTokenCreate/properties/name/minLength", json!(1.0)),
        ("/components/schemas/ApiTokenCreate/properties/scopes/minItems", json!(0)),
        (
            "/components/schemas/ErrorEnvelope/properties/error",
            json!({"allOf": [{"$ref": "#/components/schemas/ErrorBody"}], "description": "x"}),
        ),
        (
            "/components/schemas/ErrorEnvelope/properties/error",
            json!({"allOf": [{"$ref": "#/components/schemas/ErrorBody"}], "x-anything": 1}),
        ),
        ("/components/schemas/ApiToken/additionalProperties", json!({"description": "Any."})),
        ("/components/schemas/ApiToken/x-anything", json!({"$ref": "nowhere"})),
        ("/components/schemas/ApiToken/xml", json!({})),
        ("/components/responses/NotFound/headers/Content-Type", json!({"schema": {"type": "string"}})),
        ("/servers/0/x-anything", json!(1)),
        ("/servers/0/variables", json!({})),
        ("{TOKENS}/post/callbacks", json!({})),
        ("{TOKENS}/post/deprecated", json!(false)),
        ("{TOKENS}/post/description", json!("Changed.")),
        ("{TOKENS}/post/summary", json!("Changed.")),
        ("{TOKENS}/post/x-anything", json!("else")),
        ("{TOKENS}/post/security", json!([{"bearerAuth": []}])),
        ("{TOKENS}/post/servers", json!([{"url": "https://api.aetherplatform.cloud", "description": "x"}])),
        ("{TOKENS}/post/requestBody/description", json!("Changed.")),
        ("{TOKENS}/post/responses/201/description", json!("Changed.")),
        ("{TOKENS}/get/parameters/1/required", json!(false)),
        ("{TOKENS}/get/parameters/1/style", json!("form")),
        ("{TOKENS}/get/parameters/1/explode", json!(true)),
        ("{TOKENS}/get/parameters/1/allowReserved", json!(false)),
        ("{TOKENS}/get/parameters/1/allowEmptyValue", json!(false)),
        ("{TOKENS}/get/parameters/1/schema/maximum", json!(100.0)),
        ("{TOKENS}/get/parameters/1/schema/exclusiveMaximum", json!(false)),
    ] {
        let changed = with(&contract(), &pointer.replace("{TOKENS}", TOKENS), value.clone());
        assert_equal(&changed, &format!("{pointer} = {value}"));
    }
}

#[test]
fn case_of_header_names_and_media_types_makes_no_difference() {
    let text =
        contract().to_string().replace("X-Request-Id", "x-request-id").replace("WWW-Authenticate", "Www-Authenticate");
    assert_equal(&serde_json::from_str(&text).unwrap(), "header names in another case");
    let text = contract().to_string().replace("application/json", "Application/JSON");
    assert_equal(&serde_json::from_str(&text).unwrap(), "media types in another case");
}

#[test]
fn security_of_document_and_operations_is_equal() {
    let mut changed = contract();
    let security = changed["security"].clone();
    for item in changed["paths"].as_object_mut().unwrap().values_mut() {
        for (key, operation) in item.as_object_mut().unwrap() {
            if key != "parameters" {
                operation["security"] = security.clone();
            }
        }
    }
    delete(&mut changed, &Pointer::root().child("security"));
    assert_equal(&changed, "security at the operations");
}
