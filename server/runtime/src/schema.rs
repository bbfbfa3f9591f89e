//! The schemas that dropshot emits, built from the wire types.
//!
//! A schema comes from the type of a field or variant, and an *overlay* adds the keywords that a type cannot express (bounds, patterns,
//! descriptions, extensions), as JSON text. `null` in an overlay removes a keyword: an `i64` has the format `int64`, and a document can omit it.

use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::schema::{InstanceType, ObjectValidation, SchemaObject, SubschemaValidation};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub use schemars::r#gen::SchemaGenerator as Generator;
pub use schemars::schema::Schema;

/// The schema of an object with named properties, from the fields of `T`.
#[derive(Debug)]
pub struct Object<'g, T> {
    generator: &'g mut Generator,
    schema: SchemaObject,
    fields_of: PhantomData<fn(T)>,
}

impl<'g, T> Object<'g, T> {
    /// A schema without properties.
    #[must_use]
    pub fn new(generator: &'g mut Generator) -> Self {
        let schema = SchemaObject { instance_type: Some(InstanceType::Object.into()), ..SchemaObject::default() };
        Self { generator, schema, fields_of: PhantomData }
    }

    /// A required property.
    #[must_use]
    pub fn required<F: JsonSchema>(mut self, name: &str, _: fn(&T) -> &F, overlay: &str) -> Self {
        self.object().required.insert(name.to_owned());
        self.property::<F>(name, overlay)
    }

    /// An optional property.
    #[must_use]
    pub fn optional<F: JsonSchema>(self, name: &str, _: fn(&T) -> &Option<F>, overlay: &str) -> Self {
        self.property::<F>(name, overlay)
    }

    /// A property with a default.
    #[must_use]
    pub fn defaulted<F: JsonSchema>(self, name: &str, _: fn(&T) -> &F, overlay: &str) -> Self {
        self.property::<F>(name, overlay)
    }

    /// A property without a field: its value is constant, or set elsewhere.
    #[must_use]
    pub fn constant<F: JsonSchema>(mut self, name: &str, required: bool, overlay: &str) -> Self {
        if required {
            self.object().required.insert(name.to_owned());
        }
        self.property::<F>(name, overlay)
    }

    fn property<F: JsonSchema>(mut self, name: &str, overlay: &str) -> Self {
        let schema = overlaid(self.generator.subschema_for::<F>(), overlay);
        self.object().properties.insert(name.to_owned(), schema);
        self
    }

    /// The schema of additional properties.
    #[must_use]
    pub fn each<F: JsonSchema>(mut self, _: fn(&T) -> &indexmap::IndexMap<String, F>, overlay: &str) -> Self {
        let schema = overlaid(self.generator.subschema_for::<F>(), overlay);
        self.object().additional_properties = Some(Box::new(schema));
        self
    }

    /// The schema, merged with an overlay.
    #[must_use]
    pub fn build(self, overlay: &str) -> Schema {
        overlaid(self.schema.into(), overlay)
    }

    fn object(&mut self) -> &mut ObjectValidation {
        self.schema.object()
    }
}

/// The schema of the content of a tuple struct or a variant, by its constructor.
#[must_use]
pub fn of<T: JsonSchema, S>(generator: &mut Generator, _: fn(T) -> S, overlay: &str) -> Schema {
    overlaid(generator.subschema_for::<T>(), overlay)
}

/// The schema of a variant whose tag is a property of its content.
#[must_use]
pub fn tagged<T: JsonSchema, S>(
    generator: &mut Generator,
    _: fn(T) -> S,
    (tag, value, tag_overlay): (&str, &str, &str),
    overlay: &str,
) -> Schema {
    // The tag is added to the properties, so this is the schema and not a reference to it.
    with_tag(T::json_schema(generator), tag, value, tag_overlay, overlay)
}

/// The schema of a variant that consists of its tag.
#[must_use]
pub fn tag_alone((tag, value, tag_overlay): (&str, &str, &str), overlay: &str) -> Schema {
    let schema = SchemaObject { instance_type: Some(InstanceType::Object.into()), ..SchemaObject::default() };
    with_tag(schema.into(), tag, value, tag_overlay, overlay)
}

fn with_tag(schema: Schema, tag: &str, value: &str, tag_overlay: &str, overlay: &str) -> Schema {
    let mut schema = schema.into_object();
    schema.object().required.insert(tag.to_owned());
    schema.object().properties.insert(tag.to_owned(), values(&[value], tag_overlay));
    overlaid(schema.into(), overlay)
}

/// The schema of the values of an enumeration.
#[must_use]
pub fn values(values: &[&str], overlay: &str) -> Schema {
    let schema = SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        enum_values: Some(values.iter().map(|value| Value::from(*value)).collect()),
        ..SchemaObject::default()
    };
    overlaid(schema.into(), overlay)
}

/// The schema of a string with an open list of values.
#[must_use]
pub fn listed(values: impl Iterator<Item = &'static str>, overlay: &str) -> Schema {
    let mut schema = SchemaObject { instance_type: Some(InstanceType::String.into()), ..SchemaObject::default() };
    let values: Map<_, _> = values.map(|value| (value.to_owned(), Value::Null)).collect();
    schema.extensions.insert("x-dropstub-values".to_owned(), values.into());
    overlaid(schema.into(), overlay)
}

/// `oneOf`.
#[must_use]
pub fn one_of(schemas: Vec<Schema>, overlay: &str) -> Schema {
    subschemas(SubschemaValidation { one_of: Some(schemas), ..SubschemaValidation::default() }, overlay)
}

/// `anyOf`.
#[must_use]
pub fn any_of(schemas: Vec<Schema>, overlay: &str) -> Schema {
    subschemas(SubschemaValidation { any_of: Some(schemas), ..SubschemaValidation::default() }, overlay)
}

fn subschemas(subschemas: SubschemaValidation, overlay: &str) -> Schema {
    overlaid(SchemaObject { subschemas: Some(Box::new(subschemas)), ..SchemaObject::default() }.into(), overlay)
}

/// Merges an overlay into a schema. A reference is wrapped, because keys next to it have no effect.
///
/// # Panics
/// Panics if the overlay is not JSON, or the result is not a schema. The generator writes both.
fn overlaid(schema: Schema, overlay: &str) -> Schema {
    if overlay.is_empty() {
        return schema;
    }
    let overlay: Value = serde_json::from_str(overlay).expect("the generator writes JSON");
    let mut schema = schema.into_object();
    if schema.is_ref() {
        let nullable = schema.extensions.remove("nullable");
        schema = SchemaObject {
            subschemas: Some(Box::new(SubschemaValidation {
                all_of: Some(vec![schema.into()]),
                ..SubschemaValidation::default()
            })),
            ..SchemaObject::default()
        };
        schema.extensions.extend(nullable.map(|nullable| ("nullable".to_owned(), nullable)));
    }
    let mut whole = serde_json::to_value(schema).expect("a schema is JSON");
    merge(&mut whole, overlay);
    serde_json::from_value(whole).expect("the generator writes schemas")
}

/// Merges `overlay` into `target`: objects are merged, `null` removes, any other value replaces.
fn merge(target: &mut Value, overlay: Value) {
    match (target, overlay) {
        (Value::Object(target), Value::Object(overlay)) => {
            for (key, value) in overlay {
                let verbatim = key.starts_with("x-") || matches!(key.as_str(), "default" | "example");
                if value.is_null() && !verbatim {
                    target.remove(&key);
                } else if value.is_object() && !verbatim {
                    merge(target.entry(key).or_insert_with(|| Map::new().into()), value);
                } else {
                    target.insert(key, value);
                }
            }
        }
        (below, above) => *below = above,
    }
}

/// Deserializes a present property. Together with `#[serde(default)]`, it distinguishes `null` from an absent property.
///
/// # Errors
/// Fails if the value is not a `T`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Deserializes a required property, which can be `null`.
///
/// # Errors
/// Fails if the value is not a `T`.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}

/// The default of a property.
///
/// # Panics
/// Panics if the text is not the JSON of a `T`. The generator validates it.
#[must_use]
pub fn default<T: for<'de> Deserialize<'de>>(json: &str) -> T {
    serde_json::from_str(json).expect("the generator has validated the default")
}

/// The path parameters of a path without parameters.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NoParameters {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(dead_code, clippy::option_option, reason = "only its types are used")]
    struct Thing {
        name: String,
        size: Option<i64>,
        other: Option<Option<u8>>,
    }

    impl JsonSchema for Thing {
        fn schema_name() -> String {
            "Thing".to_owned()
        }

        fn json_schema(generator: &mut Generator) -> Schema {
            Object::<Self>::new(generator)
                .required("name", |it| &it.name, r#"{"maxLength":3,"x-a":{"b":null}}"#)
                .optional("size", |it| &it.size, r#"{"format":null,"default":null}"#)
                .optional("other", |it| &it.other, "")
                .build(r#"{"description":"A thing.","additionalProperties":false}"#)
        }
    }

    #[test]
    fn schema_combines_types_and_overlays() {
        let mut generator = schemars::r#gen::SchemaSettings::openapi3().into_generator();
        let schema = serde_json::to_value(Thing::json_schema(&mut generator)).unwrap();
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "description": "A thing.",
                "required": ["name"],
                "additionalProperties": false,
                "properties": {
                    "name": {"type": "string", "maxLength": 3, "x-a": {"b": null}},
                    "size": {"type": "integer", "default": null},
                    "other": {"type": "integer", "format": "uint8", "minimum": 0.0, "nullable": true},
                },
            })
        );
    }

    #[test]
    fn overlay_of_a_reference_wraps_it_in_all_of() {
        let mut generator = schemars::r#gen::SchemaSettings::openapi3().into_generator();
        let wrapped = of::<Option<Thing>, _>(&mut generator, Some, r#"{"description":"D"}"#);
        assert_eq!(
            serde_json::to_value(wrapped).unwrap(),
            json!({"description": "D", "nullable": true, "allOf": [{"$ref": "#/components/schemas/Thing"}]})
        );
        let bare = of::<Thing, _>(&mut generator, Some, "");
        assert_eq!(serde_json::to_value(bare).unwrap(), json!({"$ref": "#/components/schemas/Thing"}));
    }
}
