//! The schemas that dropshot emits, built from the types that the wire has.
//!
//! What a type says of its schema is taken from the type, by way of the field or variant that holds it; what no type can
//! say (bounds, patterns, descriptions, extensions) stands *beside* it, as a JSON text that is laid over what the type
//! says. In that text `null` takes away what the type says too much: an `i64` says `int64` where the document has no
//! format.

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
    #[must_use]
    pub fn new(generator: &'g mut Generator) -> Self {
        let schema = SchemaObject { instance_type: Some(InstanceType::Object.into()), ..SchemaObject::default() };
        Self { generator, schema, fields_of: PhantomData }
    }

    /// A property that has to be there.
    #[must_use]
    pub fn required<F: JsonSchema>(mut self, name: &str, _: fn(&T) -> &F, beside: &str) -> Self {
        self.object().required.insert(name.to_owned());
        self.property::<F>(name, beside)
    }

    /// A property that may be absent, and then is `None`.
    #[must_use]
    pub fn optional<F: JsonSchema>(self, name: &str, _: fn(&T) -> &Option<F>, beside: &str) -> Self {
        self.property::<F>(name, beside)
    }

    /// A property that has a value when it is absent.
    #[must_use]
    pub fn defaulted<F: JsonSchema>(self, name: &str, _: fn(&T) -> &F, beside: &str) -> Self {
        self.property::<F>(name, beside)
    }

    /// Something that no field says, because it is always the same or not for the value to say.
    #[must_use]
    pub fn stated<F: JsonSchema>(mut self, name: &str, required: bool, beside: &str) -> Self {
        if required {
            self.object().required.insert(name.to_owned());
        }
        self.property::<F>(name, beside)
    }

    fn property<F: JsonSchema>(mut self, name: &str, beside: &str) -> Self {
        let schema = overlaid(self.generator.subschema_for::<F>(), beside);
        self.object().properties.insert(name.to_owned(), schema);
        self
    }

    /// What all other properties are.
    #[must_use]
    pub fn each<F: JsonSchema>(mut self, _: fn(&T) -> &indexmap::IndexMap<String, F>, beside: &str) -> Self {
        let schema = overlaid(self.generator.subschema_for::<F>(), beside);
        self.object().additional_properties = Some(Box::new(schema));
        self
    }

    #[must_use]
    pub fn done(self, beside: &str) -> Schema {
        overlaid(self.schema.into(), beside)
    }

    fn object(&mut self) -> &mut ObjectValidation {
        self.schema.object()
    }
}

/// The schema of what a tuple struct or a variant holds, by its constructor.
#[must_use]
pub fn of<T: JsonSchema, S>(generator: &mut Generator, _: fn(T) -> S, beside: &str) -> Schema {
    overlaid(generator.subschema_for::<T>(), beside)
}

/// The schema of a variant that is told by a tag among the properties of what it holds.
#[must_use]
pub fn tagged<T: JsonSchema, S>(
    generator: &mut Generator,
    _: fn(T) -> S,
    (tag, value, beside_tag): (&str, &str, &str),
    beside: &str,
) -> Schema {
    // The properties stand together, so this is the schema itself and no reference to it.
    with_tag(T::json_schema(generator), tag, value, beside_tag, beside)
}

/// The schema of a variant that is its tag and nothing else.
#[must_use]
pub fn tag_alone((tag, value, beside_tag): (&str, &str, &str), beside: &str) -> Schema {
    let schema = SchemaObject { instance_type: Some(InstanceType::Object.into()), ..SchemaObject::default() };
    with_tag(schema.into(), tag, value, beside_tag, beside)
}

fn with_tag(schema: Schema, tag: &str, value: &str, beside_tag: &str, beside: &str) -> Schema {
    let mut schema = schema.into_object();
    schema.object().required.insert(tag.to_owned());
    schema.object().properties.insert(tag.to_owned(), values(&[value], beside_tag));
    overlaid(schema.into(), beside)
}

/// The schema of the values of an enumeration.
#[must_use]
pub fn values(values: &[&str], beside: &str) -> Schema {
    let schema = SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        enum_values: Some(values.iter().map(|value| Value::from(*value)).collect()),
        ..SchemaObject::default()
    };
    overlaid(schema.into(), beside)
}

/// The schema of what is exactly one of several things.
#[must_use]
pub fn one_of(schemas: Vec<Schema>, beside: &str) -> Schema {
    subschemas(SubschemaValidation { one_of: Some(schemas), ..SubschemaValidation::default() }, beside)
}

/// The schema of what is at least one of several things.
#[must_use]
pub fn any_of(schemas: Vec<Schema>, beside: &str) -> Schema {
    subschemas(SubschemaValidation { any_of: Some(schemas), ..SubschemaValidation::default() }, beside)
}

fn subschemas(subschemas: SubschemaValidation, beside: &str) -> Schema {
    overlaid(SchemaObject { subschemas: Some(Box::new(subschemas)), ..SchemaObject::default() }.into(), beside)
}

/// The schema with what no type can say. Beside a reference nothing has a meaning, so one is wrapped.
///
/// # Panics
/// Where the generator wrote no JSON, or what is no schema.
fn overlaid(schema: Schema, beside: &str) -> Schema {
    if beside.is_empty() {
        return schema;
    }
    let beside: Value = serde_json::from_str(beside).expect("the generator writes JSON");
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
    lay(&mut whole, beside);
    serde_json::from_value(whole).expect("the generator writes schemas")
}

/// Lays one value over another: objects are joined, `null` takes away, anything else replaces.
fn lay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                let verbatim = key.starts_with("x-") || matches!(key.as_str(), "default" | "example");
                if value.is_null() && !verbatim {
                    below.remove(&key);
                } else if value.is_object() && !verbatim {
                    lay(below.entry(key).or_insert_with(|| Map::new().into()), value);
                } else {
                    below.insert(key, value);
                }
            }
        }
        (below, above) => *below = above,
    }
}

/// Reads a property that is there. With `#[serde(default)]` for one that is not, this keeps `null` and absent apart.
///
/// # Errors
/// As `T` does.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads a property that has to be there, null or not.
///
/// # Errors
/// As `T` does.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}

/// The default of a property, as the document has it.
///
/// # Panics
/// Where the text is not the JSON of a `T`. The generator has seen to it that it is.
#[must_use]
pub fn default<T: for<'de> Deserialize<'de>>(json: &str) -> T {
    serde_json::from_str(json).expect("the generator has validated the default")
}

/// The path parameters of a path that has none.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NoParameters {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(dead_code, clippy::option_option, reason = "it is there for its types")]
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
                .done(r#"{"description":"A thing.","additionalProperties":false}"#)
        }
    }

    #[test]
    fn a_schema_is_what_the_types_say_and_what_stands_beside_them() {
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
    fn beside_a_reference_stands_nothing() {
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
