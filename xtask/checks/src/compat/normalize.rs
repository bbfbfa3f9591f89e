//! A document without what says only what holds anyway, so that saying it is no change. Nothing moves: what is left has
//! the place that it had.

use serde_json::{Map, Value, json};

/// Under these, a key is a name that somebody chose.
const NAMES: [&str; 6] = ["headers", "parameters", "properties", "responses", "schemas", "securitySchemes"];

/// The document, with stated defaults taken out and every whole number written as one.
pub(super) fn normal(document: &Value) -> Value {
    below(document, "")
}

fn below(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let names = NAMES.contains(&key);
            let said = map.iter().filter(|(key, value)| names || !holds_anyway(map, key, value));
            said.map(|(key, value)| (key.clone(), below(value, if names { "" } else { key }))).collect()
        }
        Value::Array(values) => values.iter().map(|value| below(value, "")).collect(),
        Value::Number(number) => whole(number),
        other => other.clone(),
    }
}

/// `1.0` is 1.
fn whole(number: &serde_json::Number) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "the range is looked at")]
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => json!(float as i64),
        _ => Value::Number(number.clone()),
    }
}

fn holds_anyway(map: &Map<String, Value>, key: &str, value: &Value) -> bool {
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let is_parameter = (text("in").is_some() && text("name").is_some()) || map.contains_key("schema");
    let default_style = if matches!(text("in"), Some("query" | "cookie")) { "form" } else { "simple" };
    match key {
        "required" | "deprecated" | "nullable" | "readOnly" | "writeOnly" | "uniqueItems" | "allowReserved"
        | "allowEmptyValue" | "x-gate" | "x-secret" => *value == json!(false),
        "exclusiveMinimum" => *value == json!(false) || !map.contains_key("minimum"),
        "exclusiveMaximum" => *value == json!(false) || !map.contains_key("maximum"),
        "minLength" | "minItems" | "minProperties" => value.as_f64() == Some(0.0),
        "multipleOf" => text("type") == Some("integer") && value.as_f64() == Some(1.0),
        "additionalProperties" => *value == json!(true) || *value == json!({}),
        "style" => is_parameter && *value == default_style,
        "explode" => is_parameter && *value == json!(text("style").unwrap_or(default_style) == "form"),
        "x-invalid-status" => *value == json!(422),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_anyway_is_not_said() {
        for (said, normal_form) in [
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
            assert_eq!(normal(&said), normal_form);
        }
    }

    #[test]
    fn what_means_something_stays() {
        for said in [
            json!({"in": "query", "name": "a", "explode": false}),
            json!({"in": "path", "name": "a", "style": "form"}),
            json!({"properties": {"nullable": {}, "required": {"type": "string"}}}),
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
            json!({"type": "object", "additionalProperties": false}),
        ] {
            assert_eq!(normal(&said), said);
        }
    }
}
