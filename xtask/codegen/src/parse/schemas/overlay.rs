//! Keywords that the Rust type cannot express, as a JSON overlay that the runtime merges into the type's schemars schema.
//! `null` removes a keyword that the type has and the document does not.

use serde_json::{Map, Value, json};

use crate::ir::{Additional, Integer, IntegerFormat, Kind, Number, NumberFormat, Schema, Text, TextFormat};
use crate::reader::{self, Object};

/// Keywords of any schema.
pub(super) fn documentation(object: &Object<'_, '_>) -> Map<String, Value> {
    let mut overlay = Map::new();
    for key in ["title", "example", "default"] {
        overlay.extend(object.get(key).map(|node| (key.to_owned(), node.value.clone())));
    }
    for key in ["deprecated", "readOnly", "writeOnly"] {
        if object.flag(key) {
            overlay.insert(key.into(), true.into());
        }
    }
    // Dropshot emits extensions of schemas. The generator's own are in the types and tables of the stub.
    let extensions = object.node.value.as_object().into_iter().flatten();
    let extensions = extensions.filter(|(key, _)| key.starts_with("x-") && !reader::is_own_extension(key));
    overlay.extend(extensions.map(|(key, value)| (key.clone(), value.clone())));
    overlay
}

/// The overlay of a schema of this kind.
pub(super) fn of(source: &Object<'_, '_>, kind: &Kind) -> Map<String, Value> {
    let mut overlay = documentation(source);
    match kind {
        Kind::Integer(integer) => self::integer(&mut overlay, integer),
        Kind::Number(number) => self::number(&mut overlay, number),
        Kind::Text(text) => self::text(&mut overlay, text),
        Kind::Array { items, min_items, max_items, unique, hashable } => {
            put(&mut overlay, "minItems", *min_items);
            put(&mut overlay, "maxItems", *max_items);
            if *unique && !hashable {
                overlay.insert("uniqueItems".into(), true.into());
            }
            nested(&mut overlay, "items", items);
        }
        Kind::Object(object) => {
            put(&mut overlay, "minProperties", object.min_properties);
            put(&mut overlay, "maxProperties", object.max_properties);
            match &object.additional {
                Additional::Each(each) => nested(&mut overlay, "additionalProperties", each),
                Additional::Forbidden => put(&mut overlay, "additionalProperties", Some(false)),
                // A map type has `additionalProperties`, which is the default without it, too.
                Additional::Allowed if source.get("additionalProperties").is_none() && !object.is_struct() => {
                    put(&mut overlay, "additionalProperties", Some(Value::Null));
                }
                Additional::Allowed => {}
            }
        }
        Kind::Any | Kind::Null | Kind::Boolean | Kind::Union(_) | Kind::Named(_) => {}
    }
    overlay
}

/// Adds the overlay of a nested schema. Keys next to a reference have no effect.
fn nested(overlay: &mut Map<String, Value>, key: &str, schema: &Schema) {
    let inner = schema.overlay_with_description();
    if !inner.is_empty() && !matches!(schema.kind, Kind::Named(_)) {
        overlay.insert(key.into(), inner.into());
    }
}

fn put<T: Into<Value>>(overlay: &mut Map<String, Value>, key: &str, value: Option<T>) {
    overlay.extend(value.map(|value| (key.to_owned(), value.into())));
}

fn integer(overlay: &mut Map<String, Value>, integer: &Integer) {
    use IntegerFormat::{Other, Uint, Uint8, Uint16, Uint32, Uint64};
    let unsigned = matches!(integer.format, Some(Uint8 | Uint16 | Uint32 | Uint64 | Uint));
    match &integer.format {
        None => put(overlay, "format", Some(Value::Null)),
        Some(Other(name)) => put(overlay, "format", Some(name.as_str())),
        Some(_) => {}
    }
    // An unsigned type has the minimum 0.
    let stated = integer.minimum == Some(0) && !integer.exclusive_minimum;
    if unsigned && !stated {
        put(overlay, "minimum", Some(Value::Null));
    }
    let minimum = integer.minimum.filter(|_| !(unsigned && stated));
    put(overlay, if integer.exclusive_minimum { "exclusiveMinimum" } else { "minimum" }, minimum);
    put(overlay, if integer.exclusive_maximum { "exclusiveMaximum" } else { "maximum" }, integer.maximum);
    put(overlay, "multipleOf", integer.multiple_of);
    put(overlay, "enum", (!integer.allowed.is_empty()).then(|| json!(integer.allowed)));
}

fn number(overlay: &mut Map<String, Value>, number: &Number) {
    match &number.format {
        None => put(overlay, "format", Some(Value::Null)),
        Some(NumberFormat::Other(name)) => put(overlay, "format", Some(name.as_str())),
        Some(NumberFormat::Float | NumberFormat::Double) => {}
    }
    put(overlay, if number.exclusive_minimum { "exclusiveMinimum" } else { "minimum" }, number.minimum);
    put(overlay, if number.exclusive_maximum { "exclusiveMaximum" } else { "maximum" }, number.maximum);
    put(overlay, "multipleOf", number.multiple_of);
}

fn text(overlay: &mut Map<String, Value>, text: &Text) {
    if let Some(TextFormat::Other(name)) = &text.format {
        put(overlay, "format", Some(name.as_str()));
    }
    put(overlay, "minLength", text.min_length);
    put(overlay, "maxLength", text.max_length);
    put(overlay, "pattern", text.pattern.as_deref());
}
