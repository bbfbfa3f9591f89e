//! Schemas.

use serde_json::{Map, Value};

/// The Rust field for additional properties.
pub(crate) const ADDITIONAL_PROPERTIES: &str = "additional_properties";

#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) description: Option<String>,
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
    /// The keywords that the Rust type cannot express, in schemars' form. `null` removes a keyword of the type.
    pub(crate) overlay: Map<String, Value>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Any,
    /// The unit type, whose only value is null.
    Null,
    Boolean,
    Integer(Integer),
    Number(Number),
    Text(Text),
    Array {
        items: Box<Schema>,
        min_items: Option<usize>,
        max_items: Option<usize>,
        unique: bool,
        /// Whether the items can be elements of a set.
        hashable: bool,
    },
    Object(Object),
    Union(Union),
    /// A component or a named inline schema, by its index in `Model::components`.
    Named(usize),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Integer {
    pub(crate) format: Option<IntegerFormat>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) exclusive_maximum: bool,
    pub(crate) multiple_of: Option<i64>,
    pub(crate) allowed: Vec<i64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Number {
    pub(crate) format: Option<NumberFormat>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) exclusive_maximum: bool,
    pub(crate) multiple_of: Option<f64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub(crate) format: Option<TextFormat>,
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<String>,
    pub(crate) allowed: Vec<Variant>,
    /// Whether later versions can send other values than the allowed ones.
    pub(crate) open: bool,
    /// The lists of values in the document, if there are several: dropshot describes each value in a list of its own.
    pub(crate) groups: Vec<Group>,
    pub(crate) check: Option<String>,
}

/// One value of an enumeration.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    pub(crate) value: String,
    pub(crate) rust: String,
    pub(crate) description: Option<String>,
}

/// Some values of an enumeration.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) values: Vec<String>,
    pub(crate) overlay: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IntegerFormat {
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    /// Schemars' name for `usize`.
    Uint,
    /// A format that is documentation only.
    Other(String),
}

impl IntegerFormat {
    const KNOWN: [Self; 9] = [
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Uint,
    ];

    pub(crate) fn named(format: String) -> Self {
        Self::KNOWN.into_iter().find(|known| known.name() == format).unwrap_or(Self::Other(format))
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uint => "uint",
            Self::Other(name) => name,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NumberFormat {
    Float,
    Double,
    Other(String),
}

impl NumberFormat {
    pub(crate) fn named(format: String) -> Self {
        [Self::Float, Self::Double].into_iter().find(|known| known.name() == format).unwrap_or(Self::Other(format))
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Float => "float",
            Self::Double => "double",
            Self::Other(name) => name,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextFormat {
    Uuid,
    DateTime,
    Date,
    Ipv4,
    Ipv6,
    Ip,
    Other(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) properties: Vec<Property>,
    pub(crate) additional: Additional,
    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Additional {
    Allowed,
    Forbidden,
    Each(Box<Schema>),
}

#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) rust: String,
    pub(crate) required: bool,
    pub(crate) schema: Schema,
    /// The value of an absent property.
    pub(crate) default: Option<Value>,
}

/// `oneOf` or `anyOf`.
#[derive(Debug, Clone)]
pub(crate) struct Union {
    /// Whether exactly one alternative has to be valid, not at least one.
    pub(crate) one: bool,
    /// The property whose value identifies the alternative.
    pub(crate) tag: Option<String>,
    pub(crate) alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    /// The name of the variant.
    pub(crate) rust: String,
    /// The complete schema with the tag.
    pub(crate) schema: Schema,
    /// The tag's value and the other properties, if the alternatives have a tag.
    pub(crate) tagged: Option<Tagged>,
}

#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    pub(crate) value: String,
    pub(crate) overlay: Map<String, Value>,
    /// The object without the tag, if it has properties, by its index in `Model::components`.
    pub(crate) rest: Option<usize>,
}

impl Schema {
    pub(crate) fn of(kind: Kind) -> Self {
        Self { description: None, nullable: false, kind, overlay: Map::new() }
    }

    /// The overlay with the description, for a schema that is emitted where it is used.
    pub(crate) fn overlay_with_description(&self) -> Map<String, Value> {
        let mut overlay = self.overlay.clone();
        overlay.extend(self.description.as_ref().map(|text| ("description".to_owned(), text.as_str().into())));
        overlay
    }
}

impl Text {
    pub(crate) fn is_enumeration(&self) -> bool {
        !self.allowed.is_empty()
    }
}

impl Object {
    /// Whether the Rust type is a struct, not a map.
    pub(crate) fn is_struct(&self) -> bool {
        !self.properties.is_empty() || matches!(self.additional, Additional::Forbidden)
    }
}
