//! The judge: a JSON-Schema validator, asked about schemas of OpenAPI 3.0 as JSON Schema has them.

use std::net::IpAddr;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The formats that JSON Schema knows and a stub does not enforce: it carries them as names, as it does any other.
const NAMES: [&str; 14] = [
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
];

/// Makes a judge of each component schema.
pub(super) struct Judges {
    components: Value,
}

/// A validator of one component schema.
pub(super) struct Judge(Validator);

impl Judges {
    pub(super) fn new(document: &Value) -> Self {
        let schemas = json_schema(document.pointer("/components/schemas").unwrap_or(&Value::Null));
        Self { components: json!({"schemas": schemas}) }
    }

    /// The judge of a component, with the others that it leads to.
    pub(super) fn of(&self, name: &str) -> Result<Judge, String> {
        let schema = json!({
            "$ref": format!("#/components/schemas/{}", name.replace('~', "~0").replace('/', "~1")),
            "components": self.components,
        });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        // What schemars calls an address of either kind.
        let options = options.with_format("ip", |text: &str| text.parse::<IpAddr>().is_ok());
        let options = NAMES.iter().fold(options, |options, name| options.with_format(*name, |_: &str| true));
        options.build(&schema).map(Judge).map_err(|error| format!("{name}: the judge cannot read it: {error}"))
    }
}

impl Judge {
    pub(super) fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}

/// A schema of OpenAPI 3.0 as one of JSON Schema: `nullable` becomes a type, the formats of numbers bounds, and the
/// exclusive bounds numbers.
pub(super) fn json_schema(schema: &Value) -> Value {
    let Value::Object(map) = schema else {
        return match schema {
            Value::Array(values) => values.iter().map(json_schema).collect(),
            other => other.clone(),
        };
    };
    if map.get("type").is_some_and(|it| it == "string") && map.get("enum") == Some(&json!([null])) {
        return json!({"type": "null"});
    }
    let data = |key: &str| matches!(key, "enum" | "default" | "example");
    let mut map: Map<_, _> = map
        .iter()
        .map(|(key, value)| (key.clone(), if data(key) { value.clone() } else { json_schema(value) }))
        .collect();
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
    if let Some((least, greatest)) = format.and_then(bounds) {
        let bounded = json!({"minimum": least, "maximum": greatest});
        map = Map::from_iter([("allOf".to_owned(), json!([map, bounded]))]);
    }
    if nullable { json!({"anyOf": [{"type": "null"}, map]}) } else { map.into() }
}

/// What an integer of a format can be. No format is an integer of 64 bits in Rust.
pub(super) fn bounds(format: &str) -> Option<(Value, Value)> {
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
