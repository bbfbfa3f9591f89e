//! The normal form of a document: keywords that state the default are removed. Pointers of other values stay the same.

use serde_json::{Map, Value, json};

/// Keys whose values map chosen names. Narrower than [`holds_names`](dropstub_document::keys::holds_names): below `content`
/// and `links`, no keyword has a default that is removed here.
const NAMES: [&str; 6] = ["headers", "parameters", "properties", "responses", "schemas", "securitySchemes"];

/// Removes stated defaults and writes whole numbers as integers.
pub(super) fn normalize(document: &Value) -> Value {
    below(document, "")
}

fn below(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let names = NAMES.contains(&key);
            let kept = map.iter().filter(|(key, value)| names || !is_default(map, key, value));
            kept.map(|(key, value)| (key.clone(), below(value, if names { "" } else { key }))).collect()
        }
        Value::Array(values) => values.iter().map(|value| below(value, "")).collect(),
        Value::Number(number) => whole(number),
        other => other.clone(),
    }
}

/// `1.0` becomes 1.
fn whole(number: &serde_json::Number) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => json!(float as i64),
        _ => Value::Number(number.clone()),
    }
}

fn is_default(map: &Map<String, Value>, key: &str, value: &Value) -> bool {
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let is_parameter = (text("in").is_some() && text("name").is_some()) || map.contains_key("schema");
    let default_style = if matches!(text("in"), Some("query" | "cookie")) { "form" } else { "simple" };
    match key {
        "required"
        | "deprecated"
        | "nullable"
        | "readOnly"
        | "writeOnly"
        | "uniqueItems"
        | "allowReserved"
        | "allowEmptyValue"
        | "x-dropstub-admission"
        | "x-dropstub-idempotent"
        | "x-dropstub-secret" => *value == json!(false),
        "exclusiveMinimum" => *value == json!(false) || !map.contains_key("minimum"),
        "exclusiveMaximum" => *value == json!(false) || !map.contains_key("maximum"),
        "minLength" | "minItems" | "minProperties" => value.as_f64() == Some(0.0),
        "multipleOf" => text("type") == Some("integer") && value.as_f64() == Some(1.0),
        "additionalProperties" => *value == json!(true) || *value == json!({}),
        "style" => is_parameter && *value == default_style,
        "explode" => is_parameter && *value == json!(text("style").unwrap_or(default_style) == "form"),
        "x-dropstub-invalid-status" => *value == json!(422),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_defaults_are_removed() {
        for (value, expected) in [
            (json!({"type": "string", "minLength": 0, "nullable": false}), json!({"type": "string"})),
            (json!({"type": "integer", "exclusiveMinimum": true, "multipleOf": 1.0}), json!({"type": "integer"})),
            (json!({"type": "object", "additionalProperties": {}}), json!({"type": "object"})),
            (
                json!({"in": "query", "name": "a", "style": "form", "explode": true, "required": false}),
                json!({"in": "query", "name": "a"}),
            ),
            (json!({"in": "path", "name": "a", "explode": false}), json!({"in": "path", "name": "a"})),
            (json!({"enum": [1.0, 1.5]}), json!({"enum": [1, 1.5]})),
        ] {
            assert_eq!(normalize(&value), expected);
        }
    }

    #[test]
    fn other_keywords_are_kept() {
        for value in [
            json!({"in": "query", "name": "a", "explode": false}),
            json!({"in": "path", "name": "a", "style": "form"}),
            json!({"properties": {"nullable": {}, "required": {"type": "string"}}}),
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
            json!({"type": "object", "additionalProperties": false}),
        ] {
            assert_eq!(normalize(&value), value);
        }
    }
}
