//! What a value has to satisfy, as data that the generator writes and [`validate`](super::validate) runs.
//!
//! A rule says what a schema says and a Rust type cannot: bounds, patterns, uniqueness, unknown fields. It is also
//! printed back as a schema, so that the check can hold what is *enforced* against the document. Only what is enforced
//! is here (and formats, which are names that some only carry): no descriptions, no defaults, no examples.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// A rule for one value.
#[derive(Debug)]
pub enum Rule {
    /// Anything at all.
    Any,
    /// Null, and nothing else.
    Null,
    Boolean,
    Integer(Integer),
    Number(Number),
    Text(Text),
    Array(Array),
    Object(Object),
    /// `null`, or what the inner rule allows.
    Nullable(&'static Rule),
    /// Exactly one of these.
    OneOf(&'static [&'static Rule]),
    /// At least one of these.
    AnyOf(&'static [&'static Rule]),
    /// A component of the document, by its name. Components may refer to each other and to themselves.
    Component(&'static str, &'static Rule),
}

/// Whole numbers. A bound that is absent is the one of the Rust type that the format stands for.
#[derive(Debug)]
pub struct Integer {
    pub format: Option<&'static str>,
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<i64>,
    /// The only values allowed, or empty for any.
    pub allowed: &'static [i64],
}

#[derive(Debug)]
pub struct Number {
    pub format: Option<&'static str>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<f64>,
}

/// Strings. Lengths count Unicode characters.
#[derive(Debug)]
pub struct Text {
    pub format: Option<Format>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub pattern: Option<&'static Pattern>,
    /// The only values allowed, or empty for any.
    pub allowed: &'static [&'static str],
    /// A rule of the service's own, by the document's `x-check`.
    pub check: Option<&'static str>,
}

#[derive(Debug)]
pub struct Array {
    pub items: &'static Rule,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
    pub unique: bool,
}

#[derive(Debug)]
pub struct Object {
    pub properties: &'static [Property],
    pub additional: Additional,
    pub min_properties: Option<usize>,
    pub max_properties: Option<usize>,
}

#[derive(Debug)]
pub struct Property {
    pub name: &'static str,
    pub required: bool,
    pub rule: &'static Rule,
}

/// What an object may hold beside its named properties.
#[derive(Debug)]
pub enum Additional {
    Allowed,
    Refused,
    Each(&'static Rule),
}

/// The formats of strings. Those with a name of their own here are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Uuid,
    DateTime,
    Date,
    Ipv4,
    Ipv6,
    /// An IPv4 or an IPv6 address, as schemars and dropshot call it.
    Ip,
    /// A name that says something to people only.
    Other(&'static str),
}

// What the generated tables leave unsaid.
impl Integer {
    pub const ANY: Self = Self {
        format: None,
        minimum: None,
        maximum: None,
        exclusive_minimum: false,
        exclusive_maximum: false,
        multiple_of: None,
        allowed: &[],
    };
}

impl Number {
    pub const ANY: Self = Self {
        format: None,
        minimum: None,
        maximum: None,
        exclusive_minimum: false,
        exclusive_maximum: false,
        multiple_of: None,
    };
}

impl Text {
    pub const ANY: Self =
        Self { format: None, min_length: None, max_length: None, pattern: None, allowed: &[], check: None };
}

impl Array {
    pub const ANY: Self = Self { items: &Rule::Any, min_items: None, max_items: None, unique: false };
}

impl Object {
    pub const ANY: Self =
        Self { properties: &[], additional: Additional::Allowed, min_properties: None, max_properties: None };
}

impl Format {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Ip => "ip",
            Self::Other(name) => name,
        }
    }
}

/// A regular expression of ECMA-262, which is what OpenAPI means by `pattern`. Compiled when first used.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<regress::Regex>,
}

impl Pattern {
    /// `source` has been compiled once by the generator, so it does compile.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    #[must_use]
    pub fn source(&self) -> &'static str {
        self.source
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| regress::Regex::new(self.source).expect("the generator compiled this pattern"))
            .find(text)
            .is_some()
    }
}

impl Rule {
    /// The rule without the names and the null around it.
    pub(super) fn bare(&'static self) -> &'static Self {
        match self {
            Self::Nullable(inner) | Self::Component(_, inner) => inner.bare(),
            rule => rule,
        }
    }

    /// The rule as an OpenAPI 3.0 schema. Components it refers to are put into `components` by name.
    pub fn schema(&'static self, components: &mut Map<String, Value>) -> Value {
        match self {
            Self::Any => json!({}),
            // As dropshot writes it: OpenAPI 3.0 has no type for it.
            Self::Null => json!({"type": "string", "enum": [null]}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Integer(rule) => compact(json!({
                "type": "integer",
                "format": rule.format,
                "minimum": rule.minimum,
                "maximum": rule.maximum,
                "exclusiveMinimum": rule.exclusive_minimum.then_some(true),
                "exclusiveMaximum": rule.exclusive_maximum.then_some(true),
                "multipleOf": rule.multiple_of,
                "enum": (!rule.allowed.is_empty()).then_some(rule.allowed),
            })),
            Self::Number(rule) => compact(json!({
                "type": "number",
                "format": rule.format,
                "minimum": rule.minimum,
                "maximum": rule.maximum,
                "exclusiveMinimum": rule.exclusive_minimum.then_some(true),
                "exclusiveMaximum": rule.exclusive_maximum.then_some(true),
                "multipleOf": rule.multiple_of,
            })),
            Self::Text(rule) => compact(json!({
                "type": "string",
                "format": rule.format.map(Format::name),
                "minLength": rule.min_length,
                "maxLength": rule.max_length,
                "pattern": rule.pattern.map(Pattern::source),
                "enum": (!rule.allowed.is_empty()).then_some(rule.allowed),
                "x-check": rule.check,
            })),
            Self::Array(rule) => compact(json!({
                "type": "array",
                "items": rule.items.schema(components),
                "minItems": rule.min_items,
                "maxItems": rule.max_items,
                "uniqueItems": rule.unique.then_some(true),
            })),
            Self::Object(rule) => object_schema(rule, components),
            Self::OneOf(rules) => json!({"oneOf": list_schema(rules, components)}),
            Self::AnyOf(rules) => json!({"anyOf": list_schema(rules, components)}),
            Self::Nullable(inner) => match inner.schema(components) {
                Value::Object(mut schema) if !schema.contains_key("$ref") => {
                    schema.insert("nullable".into(), true.into());
                    Value::Object(schema)
                }
                schema => json!({"nullable": true, "allOf": [schema]}),
            },
            Self::Component(name, rule) => {
                if !components.contains_key(*name) {
                    // The name is taken first, because the component may refer to itself.
                    components.insert((*name).into(), Value::Null);
                    let schema = rule.schema(components);
                    components.insert((*name).into(), schema);
                }
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        }
    }
}

fn list_schema(rules: &'static [&'static Rule], components: &mut Map<String, Value>) -> Vec<Value> {
    rules.iter().map(|rule| rule.schema(components)).collect()
}

fn object_schema(rule: &'static Object, components: &mut Map<String, Value>) -> Value {
    let required: Vec<_> = rule.properties.iter().filter(|property| property.required).map(|p| p.name).collect();
    let properties: Map<_, _> =
        rule.properties.iter().map(|property| (property.name.into(), property.rule.schema(components))).collect();
    compact(json!({
        "type": "object",
        "required": (!required.is_empty()).then_some(required),
        "properties": (!properties.is_empty()).then_some(properties),
        "additionalProperties": match rule.additional {
            Additional::Allowed => Value::Null,
            Additional::Refused => Value::Bool(false),
            Additional::Each(rule) => rule.schema(components),
        },
        "minProperties": rule.min_properties,
        "maxProperties": rule.max_properties,
    }))
}

/// The object without the keys that stand for "not said".
fn compact(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}
