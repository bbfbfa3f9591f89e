//! What a schema says and its Rust type does not, in the words of schemars: what the runtime lays over the schema that
//! the type has. `null` takes away what the type says and the document does not.

use serde_json::{Map, Value, json};

use crate::ir::{Additional, Integer, IntegerFormat, Kind, Number, NumberFormat, Schema, Text, TextFormat};
use crate::reader::{self, Object};

/// What any schema may say beside its kind.
pub(super) fn documentation(object: &Object<'_, '_>) -> Map<String, Value> {
    let mut beside = Map::new();
    for key in ["title", "example", "default"] {
        beside.extend(object.get(key).map(|node| (key.to_owned(), node.value.clone())));
    }
    for key in ["deprecated", "readOnly", "writeOnly"] {
        if object.flag(key) {
            beside.insert(key.into(), true.into());
        }
    }
    // Dropshot carries what is an extension of a schema. Ours are said by the types and tables of the stub.
    let extensions = object.node.value.as_object().into_iter().flatten();
    let extensions = extensions.filter(|(key, _)| key.starts_with("x-") && !reader::is_ours(key));
    beside.extend(extensions.map(|(key, value)| (key.clone(), value.clone())));
    beside
}

/// What a schema of this kind says and the type does not.
pub(super) fn of(source: &Object<'_, '_>, kind: &Kind) -> Map<String, Value> {
    let mut beside = documentation(source);
    match kind {
        Kind::Integer(integer) => self::integer(&mut beside, integer),
        Kind::Number(number) => self::number(&mut beside, number),
        Kind::Text(text) => self::text(&mut beside, text),
        Kind::Array { items, min_items, max_items, unique, hashable } => {
            put(&mut beside, "minItems", *min_items);
            put(&mut beside, "maxItems", *max_items);
            if *unique && !hashable {
                beside.insert("uniqueItems".into(), true.into());
            }
            nested(&mut beside, "items", items);
        }
        Kind::Object(object) => {
            put(&mut beside, "minProperties", object.min_properties);
            put(&mut beside, "maxProperties", object.max_properties);
            match &object.additional {
                Additional::Each(each) => nested(&mut beside, "additionalProperties", each),
                Additional::Refused => put(&mut beside, "additionalProperties", Some(false)),
                // A map says that there may be anything, which is so where nothing is said, too.
                Additional::Allowed if source.get("additionalProperties").is_none() && !object.is_struct() => {
                    put(&mut beside, "additionalProperties", Some(Value::Null));
                }
                Additional::Allowed => {}
            }
        }
        Kind::Any | Kind::Null | Kind::Boolean | Kind::Union(_) | Kind::Named(_) => {}
    }
    beside
}

/// Everything that stands beside a schema where it is used.
pub(crate) fn all(schema: &Schema) -> Map<String, Value> {
    let mut beside = schema.beside.clone();
    beside.extend(schema.description.as_ref().map(|text| ("description".to_owned(), text.as_str().into())));
    beside
}

/// What stands beside a schema inside another one. Beside a reference it would mean nothing.
fn nested(beside: &mut Map<String, Value>, key: &str, schema: &Schema) {
    let inner = all(schema);
    if !inner.is_empty() && !matches!(schema.kind, Kind::Named(_)) {
        beside.insert(key.into(), inner.into());
    }
}

fn put<T: Into<Value>>(beside: &mut Map<String, Value>, key: &str, value: Option<T>) {
    beside.extend(value.map(|value| (key.to_owned(), value.into())));
}

fn integer(beside: &mut Map<String, Value>, integer: &Integer) {
    use IntegerFormat::{Other, Uint, Uint8, Uint16, Uint32, Uint64};
    let unsigned = matches!(integer.format, Some(Uint8 | Uint16 | Uint32 | Uint64 | Uint));
    match &integer.format {
        None => put(beside, "format", Some(Value::Null)),
        Some(Other(name)) => put(beside, "format", Some(name.as_str())),
        Some(_) => {}
    }
    // An unsigned type says that it has no value below 0.
    let said = integer.minimum == Some(0) && !integer.exclusive_minimum;
    if unsigned && !said {
        put(beside, "minimum", Some(Value::Null));
    }
    let minimum = integer.minimum.filter(|_| !(unsigned && said));
    put(beside, if integer.exclusive_minimum { "exclusiveMinimum" } else { "minimum" }, minimum);
    put(beside, if integer.exclusive_maximum { "exclusiveMaximum" } else { "maximum" }, integer.maximum);
    put(beside, "multipleOf", integer.multiple_of);
    put(beside, "enum", (!integer.allowed.is_empty()).then(|| json!(integer.allowed)));
}

fn number(beside: &mut Map<String, Value>, number: &Number) {
    match &number.format {
        None => put(beside, "format", Some(Value::Null)),
        Some(NumberFormat::Other(name)) => put(beside, "format", Some(name.as_str())),
        Some(NumberFormat::Float | NumberFormat::Double) => {}
    }
    put(beside, if number.exclusive_minimum { "exclusiveMinimum" } else { "minimum" }, number.minimum);
    put(beside, if number.exclusive_maximum { "exclusiveMaximum" } else { "maximum" }, number.maximum);
    put(beside, "multipleOf", number.multiple_of);
}

fn text(beside: &mut Map<String, Value>, text: &Text) {
    if let Some(TextFormat::Other(name)) = &text.format {
        put(beside, "format", Some(name.as_str()));
    }
    put(beside, "minLength", text.min_length);
    put(beside, "maxLength", text.max_length);
    put(beside, "pattern", text.pattern.as_deref());
}
