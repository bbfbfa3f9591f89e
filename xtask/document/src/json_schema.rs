//! Conversion of OpenAPI 3.0 schemas to JSON Schema, for an independent validator.

use serde_json::{Map, Value, json};

use crate::keys::is_data;

/// Converts an OpenAPI 3.0 schema to JSON Schema: `nullable` becomes a type, integer formats become bounds, and boolean
/// exclusive bounds become numbers.
#[must_use]
pub fn json_schema(schema: &Value) -> Value {
    let Value::Object(map) = schema else {
        return match schema {
            Value::Array(values) => values.iter().map(json_schema).collect(),
            other => other.clone(),
        };
    };
    if map.get("type").is_some_and(|it| it == "string") && map.get("enum") == Some(&json!([null])) {
        return json!({"type": "null"});
    }
    let convert = |(key, value): (&String, &Value)| {
        let value = match value {
            _ if is_data(key) => value.clone(),
            // Its keys are names of properties, not keywords.
            Value::Object(properties) if key == "properties" => {
                properties.iter().map(|(name, schema)| (name.clone(), json_schema(schema))).collect()
            }
            _ => json_schema(value),
        };
        (key.clone(), value)
    };
    let mut map: Map<_, _> = map.iter().map(convert).collect();
    let nullable = map.shift_remove("nullable") == Some(Value::Bool(true));
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(Value::Bool(exclusive)) = map.get(flag).cloned() {
            map.shift_remove(flag);
            if let Some(value) = exclusive.then(|| map.shift_remove(bound)).flatten() {
                map.insert(flag.to_owned(), value);
            }
        }
    }
    let format =
        map.get("format").and_then(Value::as_str).filter(|_| map.get("type").is_some_and(|it| it == "integer"));
    if let Some((least, greatest)) = format.and_then(integer_bounds) {
        let bounded = json!({"minimum": least, "maximum": greatest});
        map = Map::from_iter([("allOf".to_owned(), json!([map, bounded]))]);
    }
    if nullable { json!({"anyOf": [{"type": "null"}, map]}) } else { map.into() }
}

/// The least and the greatest value of an integer format, or `None` if the format is unknown.
#[must_use]
pub fn integer_bounds(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(0), json!(u8::MAX)),
        "uint16" => (json!(0), json!(u16::MAX)),
        "uint32" => (json!(0), json!(u32::MAX)),
        "uint" | "uint64" => (json!(0), json!(u64::MAX)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn property_with_the_name_of_a_keyword_is_a_property() {
        let text = json!({"type": "string", "nullable": true});
        let properties = json!({"nullable": text, "default": text, "example": text, "format": {"type": "integer"}});
        let nullable = json!({"anyOf": [{"type": "null"}, {"type": "string"}]});
        let expected =
            json!({"nullable": nullable, "default": nullable, "example": nullable, "format": {"type": "integer"}});
        let converted =
            json_schema(&json!({"type": "object", "properties": properties, "default": {"nullable": true}}));
        let expected = json!({"type": "object", "properties": expected, "default": {"nullable": true}});
        assert_eq!(converted, expected);
    }

    #[test]
    fn exclusive_bounds_and_integer_formats_become_bounds() {
        let schema = json!({"type": "integer", "format": "uint8", "minimum": 0, "exclusiveMinimum": true});
        let converted = json_schema(&schema);
        let accepted = |value: i64| {
            let [first, second] = [&converted["allOf"][0], &converted["allOf"][1]];
            value > first["exclusiveMinimum"].as_i64().unwrap() && value <= second["maximum"].as_i64().unwrap()
        };
        assert_eq!([0, 1, 255, 256].map(accepted), [false, true, true, false]);
    }
}
