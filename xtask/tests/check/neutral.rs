//! Single changes that mean nothing: none of them is found.

use dropstub_document::{Document, Pointer};
use serde_json::{Map, Value, json};

use crate::everything::delete;
use crate::meaning::set;
use crate::{compare, contract, found};

fn assert_same(changed: &Value, what: &str) {
    assert_eq!(found(&compare(changed).unwrap()), Vec::<String>::new(), "{what}");
}

#[test]
fn the_order_of_keys_and_of_sets() {
    assert_same(&reversed(&contract(), false), "every object backwards");
    assert_same(&reversed(&contract(), true), "every object and every set backwards");
}

/// The document with every object backwards and, if wanted, every list that is a set.
fn reversed(value: &Value, sets: bool) -> Value {
    match value {
        Value::Object(map) => {
            let back = |(key, value): (&String, &Value)| {
                let is_set = matches!(
                    key.as_str(),
                    "required" | "enum" | "tags" | "x-required-scopes" | "parameters" | "security"
                );
                let mut value = reversed(value, sets);
                if let (true, Value::Array(values)) = (sets && is_set, &mut value) {
                    values.reverse();
                }
                (key.clone(), value)
            };
            map.iter().rev().map(back).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(|value| reversed(value, sets)).collect(),
        other => other.clone(),
    }
}

#[test]
fn another_style_of_yaml() {
    let json = contract().to_string();
    let read = Document::parse("contract.json", json).unwrap();
    assert_same(&read.value, "JSON");
}

#[test]
fn each_reference_inline() {
    let contract = contract();
    let mut places = Vec::new();
    references(&contract, &Pointer::root(), &mut places);
    assert!(places.len() > 60, "the contract has {} references", places.len());
    for (place, target) in places {
        let inline = target.find(&contract).unwrap().clone();
        let mut changed = contract.clone();
        *changed.pointer_mut(&json_pointer(&place)).unwrap() = inline;
        assert_same(&changed, &format!("{place} inline"));
    }
}

fn references(value: &Value, pointer: &Pointer, places: &mut Vec<(Pointer, Pointer)>) {
    match value {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference) {
                places.push((pointer.clone(), target));
            }
            map.iter().for_each(|(key, value)| references(value, &pointer.child(key), places));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| references(value, &pointer.child(index), places));
        }
        _ => {}
    }
}

fn json_pointer(pointer: &Pointer) -> String {
    pointer.to_string().trim_start_matches('#').to_owned()
}

/// The parameters of a path item at each of its operations instead.
#[test]
fn parameters_where_they_are_used() {
    let mut changed = contract();
    for item in changed["paths"].as_object_mut().unwrap().values_mut() {
        let Some(common) = item.as_object_mut().unwrap().shift_remove("parameters") else { continue };
        for operation in item.as_object_mut().unwrap().values_mut() {
            let own = operation["parameters"].as_array().cloned().unwrap_or_default();
            operation["parameters"] = common.as_array().unwrap().iter().cloned().chain(own).collect();
        }
    }
    assert_same(&changed, "parameters at the operations");
}

#[test]
fn what_is_said_and_holds_anyway() {
    const TOKENS: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens";
    for (place, value) in [
        ("/openapi", json!("3.0.1")),
        ("/x-anything", json!({"a": 1})),
        ("/components/x-anything", json!(1)),
        ("/components/schemas/Unused", json!({"type": "string"})),
        ("/components/responses/Unused", json!({"description": "unused"})),
        ("/components/securitySchemes/unused", json!({"type": "http", "scheme": "basic"})),
        ("/components/securitySchemes/bearerAuth/bearerFormat", json!("aether")),
        ("/components/securitySchemes/bearerAuth/scheme", json!("Bearer")),
        ("/tags/1", json!({"name": "unused"})),
        ("/tags/0/description", json!("Otherwise.")),
        ("/externalDocs", json!({"url": "https://example.com"})),
        ("/info/description", json!("Otherwise.")),
        ("/info/contact", json!({"name": "somebody"})),
        ("/components/parameters/OrgID/style", json!("simple")),
        ("/components/parameters/OrgID/explode", json!(false)),
        ("/components/parameters/OrgID/deprecated", json!(false)),
        ("/components/parameters/OrgID/description", json!("Otherwise.")),
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
        ("/components/schemas/NewApiToken/properties/name/minLength", json!(1.0)),
        ("/components/schemas/NewApiToken/properties/scopes/minItems", json!(0)),
        (
            "/components/schemas/ErrorEnvelope/properties/error",
            json!({"allOf": [{"$ref": "#/components/schemas/ErrorBody"}], "description": "x"}),
        ),
        (
            "/components/schemas/ErrorEnvelope/properties/error",
            json!({"allOf": [{"$ref": "#/components/schemas/ErrorBody"}], "x-anything": 1}),
        ),
        ("/components/schemas/ApiToken/additionalProperties", json!({"description": "Whatever."})),
        ("/components/schemas/ApiToken/x-anything", json!({"$ref": "nowhere"})),
        ("/components/schemas/ApiToken/xml", json!({})),
        ("/components/responses/NotFound/headers/Content-Type", json!({"schema": {"type": "string"}})),
        ("/servers/0/x-anything", json!(1)),
        ("/servers/0/variables", json!({})),
        ("{TOKENS}/post/callbacks", json!({})),
        ("{TOKENS}/post/deprecated", json!(false)),
        ("{TOKENS}/post/description", json!("Otherwise.")),
        ("{TOKENS}/post/summary", json!("Otherwise.")),
        ("{TOKENS}/post/x-anything", json!("else")),
        ("{TOKENS}/post/security", json!([{"bearerAuth": []}])),
        ("{TOKENS}/post/servers", json!([{"url": "https://api.aetherplatform.cloud", "description": "x"}])),
        ("{TOKENS}/post/requestBody/description", json!("Otherwise.")),
        ("{TOKENS}/post/responses/201/description", json!("Otherwise.")),
        ("{TOKENS}/get/parameters/1/required", json!(false)),
        ("{TOKENS}/get/parameters/1/style", json!("form")),
        ("{TOKENS}/get/parameters/1/explode", json!(true)),
        ("{TOKENS}/get/parameters/1/allowReserved", json!(false)),
        ("{TOKENS}/get/parameters/1/allowEmptyValue", json!(false)),
        ("{TOKENS}/get/parameters/1/schema/maximum", json!(100.0)),
        ("{TOKENS}/get/parameters/1/schema/exclusiveMaximum", json!(false)),
    ] {
        let mut changed = contract();
        set(&mut changed, &place.replace("{TOKENS}", TOKENS), value.clone());
        assert_same(&changed, &format!("{place} = {value}"));
    }
}

#[test]
fn the_case_of_header_names_and_media_types() {
    let text =
        contract().to_string().replace("X-Request-Id", "x-request-id").replace("WWW-Authenticate", "Www-Authenticate");
    assert_same(&serde_json::from_str(&text).unwrap(), "header names in another case");
    let text = contract().to_string().replace("application/json", "Application/JSON");
    assert_same(&serde_json::from_str(&text).unwrap(), "media types in another case");
}

/// The security of the document at each operation instead.
#[test]
fn security_where_it_is_used() {
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
    assert_same(&changed, "security at the operations");
}
