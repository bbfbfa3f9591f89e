//! The rules for values, as data that the generator writes and [`validate`](super::validate) enforces.
//!
//! A rule contains the constraints of a schema that a Rust type cannot express: bounds, patterns, uniqueness, unknown fields. It is printed
//! as a schema, so the check can compare the *enforced* constraints with the document. A rule has no descriptions, defaults and examples.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// A rule for one value.
#[derive(Debug)]
pub enum Rule {
    /// Any value.
    Any,
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// An integer.
    Integer(Integer),
    /// A number.
    Number(Number),
    /// A string.
    Text(Text),
    /// An array.
    Array(Array),
    /// An object.
    Object(Object),
    /// `null`, or a value of the inner rule.
    Nullable(&'static Rule),
    /// Exactly one of these.
    OneOf(&'static [&'static Rule]),
    /// At least one of these.
    AnyOf(&'static [&'static Rule]),
    /// A component of the document, by name. Components can refer to each other and to themselves.
    Component(&'static str, &'static Rule),
}

/// The rule of integers. An absent bound is that of the format's Rust type.
#[derive(Debug)]
pub struct Integer {
    /// The format.
    pub format: Option<&'static str>,
    /// The smallest value.
    pub minimum: Option<i64>,
    /// The largest value.
    pub maximum: Option<i64>,
    /// Whether `minimum` is excluded.
    pub exclusive_minimum: bool,
    /// Whether `maximum` is excluded.
    pub exclusive_maximum: bool,
    /// The step.
    pub multiple_of: Option<i64>,
    /// The allowed values; empty if all are allowed.
    pub allowed: &'static [i64],
}

/// The rule of numbers.
#[derive(Debug)]
pub struct Number {
    /// The format.
    pub format: Option<&'static str>,
    /// The smallest value.
    pub minimum: Option<f64>,
    /// The largest value.
    pub maximum: Option<f64>,
    /// Whether `minimum` is excluded.
    pub exclusive_minimum: bool,
    /// Whether `maximum` is excluded.
    pub exclusive_maximum: bool,
    /// The step.
    pub multiple_of: Option<f64>,
}

/// The rule of strings. Lengths are in Unicode characters.
#[derive(Debug)]
pub struct Text {
    /// The format.
    pub format: Option<Format>,
    /// The minimum length.
    pub min_length: Option<usize>,
    /// The maximum length.
    pub max_length: Option<usize>,
    /// The pattern, which has to match a part of the string.
    pub pattern: Option<&'static Pattern>,
    /// The allowed values; empty if all are allowed.
    pub allowed: &'static [&'static str],
    /// The name of the service's check (`x-dropstub-check`).
    pub check: Option<&'static str>,
}

/// The rule of arrays.
#[derive(Debug)]
pub struct Array {
    /// The rule of the elements.
    pub items: &'static Rule,
    /// The minimum number of elements.
    pub min_items: Option<usize>,
    /// The maximum number of elements.
    pub max_items: Option<usize>,
    /// Whether elements must differ.
    pub unique: bool,
}

/// The rule of objects.
#[derive(Debug)]
pub struct Object {
    /// The named properties.
    pub properties: &'static [Property],
    /// The additional properties.
    pub additional: Additional,
    /// The minimum number of properties.
    pub min_properties: Option<usize>,
    /// The maximum number of properties.
    pub max_properties: Option<usize>,
}

/// The rule of a named property.
#[derive(Debug)]
pub struct Property {
    /// The name.
    pub name: &'static str,
    /// Whether the property is required.
    pub required: bool,
    /// The rule of the value.
    pub rule: &'static Rule,
}

/// The rule of additional properties.
#[derive(Debug)]
pub enum Additional {
    /// Any value is allowed.
    Allowed,
    /// No other property is allowed.
    Forbidden,
    /// Every value follows the rule.
    Each(&'static Rule),
}

/// The format of a string. Every format except `Other` is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A UUID in the hyphenated form.
    Uuid,
    /// An RFC 3339 date and time.
    DateTime,
    /// An RFC 3339 date.
    Date,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// An IPv4 or IPv6 address; the name is schemars' and dropshot's.
    Ip,
    /// A format that is documentation only.
    Other(&'static str),
}

// The defaults of the generated tables.
impl Integer {
    /// The rule without constraints.
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
    /// The rule without constraints.
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
    /// The rule without constraints.
    pub const ANY: Self =
        Self { format: None, min_length: None, max_length: None, pattern: None, allowed: &[], check: None };
}

impl Array {
    /// The rule without constraints.
    pub const ANY: Self = Self { items: &Rule::Any, min_items: None, max_items: None, unique: false };
}

impl Object {
    /// The rule without constraints.
    pub const ANY: Self =
        Self { properties: &[], additional: Additional::Allowed, min_properties: None, max_properties: None };
}

impl Format {
    /// The name in a schema.
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

/// A regular expression of ECMA-262, as OpenAPI requires for `pattern`. It is compiled at its first use.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<regress::Regex>,
}

impl Pattern {
    /// A pattern that the generator has compiled before.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// The source.
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
    /// The rule without `Component` and `Nullable`.
    pub(super) fn bare(&'static self) -> &'static Self {
        match self {
            Self::Nullable(inner) | Self::Component(_, inner) => inner.bare(),
            rule => rule,
        }
    }

    /// The rule as an OpenAPI 3.0 schema. Its components are added to `components` by name.
    pub fn schema(&'static self, components: &mut Map<String, Value>) -> Value {
        match self {
            Self::Any => json!({}),
            // Dropshot's form, because OpenAPI 3.0 has no null type.
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
                "x-dropstub-check": rule.check,
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
                    // The name is reserved first, because the component can refer to itself.
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
            Additional::Forbidden => Value::Bool(false),
            Additional::Each(rule) => rule.schema(components),
        },
        "minProperties": rule.min_properties,
        "maxProperties": rule.max_properties,
    }))
}

/// The object without null values.
fn compact(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}
