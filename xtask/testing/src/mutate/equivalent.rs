//! Equivalent mutations: another order, another notation, documentation.

use serde_json::{Map, Value, json};

use super::Mutation;
use super::edit::Edit::{self, Set};
use dropstub_document::Pointer;

pub(super) fn mutations(document: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    for key in ["paths", "components"] {
        if let Some(value) = document.get(key) {
            walk(document, &Pointer::root().child(key), value, &mut found);
        }
    }
    let root = Pointer::root();
    let unused = root.child("components").child("schemas").child("Unused");
    found.push(equivalent(
        "components",
        "an unused one",
        &unused,
        vec![Set(unused.clone(), json!({"type": "string"}))],
    ));
    let tags = root.child("tags");
    found.push(equivalent(
        "documentation",
        "a tag described",
        &tags,
        vec![Set(tags.clone(), json!([{"name": "x", "description": "y"}]))],
    ));
    found
}

fn equivalent(construct: &'static str, description: &str, pointer: &Pointer, edits: Vec<Edit>) -> Mutation {
    Mutation { semantic: false, ..Mutation::new(construct, description, pointer.clone(), edits) }
}

/// Keys whose values map chosen names. `paths` is one here, because an `x-` key cannot be added to a path's name.
const NAMES: [&str; 8] =
    ["properties", "schemas", "responses", "headers", "parameters", "content", "securitySchemes", "paths"];

fn walk(document: &Value, pointer: &Pointer, value: &Value, found: &mut Vec<Mutation>) {
    match value {
        Value::Object(map) => {
            let names = pointer.last().is_some_and(|last| NAMES.contains(&last));
            let mut add = |construct, description, key: Option<&str>, new: Value| {
                let place = key.map_or_else(|| pointer.clone(), |key| pointer.child(key));
                found.push(equivalent(construct, description, &place, vec![Set(place.clone(), new)]));
            };
            if map.len() > 1 {
                let turned: Map<_, _> = map.iter().rev().map(|(key, value)| (key.clone(), value.clone())).collect();
                add("order", "keys the other way round", None, turned.into());
            }
            if !names && !map.contains_key("$ref") {
                for key in ["description", "summary"] {
                    if map.contains_key(key) {
                        add("documentation", "another text", Some(key), json!("Another text."));
                    }
                }
                add("documentation", "an unknown extension", Some("x-unknown"), json!({"a": [1]}));
                own(map, &mut add);
            }
            if let Some(target) = reference(document, map) {
                add("references", "a component in its place", None, target);
            } else if map.contains_key("$ref") && is_schema(pointer) {
                add("references", "a wrapper around one", None, json!({"allOf": [value]}));
            }
            for (key, value) in map {
                let data = matches!(key.as_str(), "example" | "examples" | "default" | "enum" | "links");
                if names || !(data || key.starts_with("x-")) {
                    walk(document, &pointer.child(key), value, found);
                }
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                walk(document, &pointer.child(index), value, found);
            }
        }
        _ => {}
    }
}

/// The equivalent notations of one object.
fn own(map: &Map<String, Value>, add: &mut impl FnMut(&'static str, &'static str, Option<&str>, Value)) {
    let is_schema =
        map.get("type").is_some_and(Value::is_string) && !map.contains_key("in") && !map.contains_key("scheme");
    for key in ["required", "enum", "tags"] {
        if let Some(values) = map.get(key).and_then(Value::as_array).filter(|values| values.len() > 1) {
            add("order", "a set the other way round", Some(key), values.iter().rev().cloned().collect());
        }
    }
    for key in ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"] {
        if let Some(number) = map.get(key).and_then(Value::as_i64) {
            #[allow(clippy::cast_precision_loss, reason = "only small bounds are written so")]
            let float = number as f64;
            if number.abs() < 1_000_000_000 {
                add("stated defaults", "a whole number with a point", Some(key), json!(float));
            }
        }
    }
    if is_schema {
        for key in ["nullable", "deprecated", "readOnly"] {
            if !map.contains_key(key) {
                add("stated defaults", "default stated", Some(key), json!(false));
            }
        }
        if map["type"] == "object" && !map.contains_key("additionalProperties") {
            add("stated defaults", "default stated", Some("additionalProperties"), json!(true));
            add("stated defaults", "default stated", Some("additionalProperties"), json!({}));
        }
        if map["type"] == "array" && !map.contains_key("uniqueItems") {
            add("stated defaults", "default stated", Some("uniqueItems"), json!(false));
            if !map.contains_key("minItems") {
                add("stated defaults", "default stated", Some("minItems"), json!(0));
            }
        }
        add("documentation", "an example", Some("example"), json!("anything"));
    }
    if map.get("in").is_some_and(|it| it == "query") {
        add("stated defaults", "default stated", Some("style"), json!("form"));
        add("stated defaults", "default stated", Some("explode"), json!(true));
        if !map.contains_key("required") {
            add("stated defaults", "default stated", Some("required"), json!(false));
        }
    }
    if map.contains_key("operationId") && !map.contains_key("deprecated") {
        add("stated defaults", "default stated", Some("deprecated"), json!(false));
    }
}

/// The target of a reference to a response or parameter, to inline it.
fn reference(document: &Value, map: &Map<String, Value>) -> Option<Value> {
    let pointer = Pointer::from_reference(map.get("$ref")?.as_str()?)?;
    matches!(pointer.tokens().as_slice(), ["components", "responses" | "parameters" | "headers", _])
        .then(|| pointer.find(document).cloned())?
}

/// Whether a reference at this pointer refers to a schema.
fn is_schema(pointer: &Pointer) -> bool {
    let tokens = pointer.tokens();
    matches!(pointer.last(), Some("schema" | "items" | "additionalProperties"))
        || tokens.len() > 1 && tokens[tokens.len() - 2] == "properties"
}
