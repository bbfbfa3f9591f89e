//! A document as the renderer needs it: understood, resolved, with every Rust name decided.

pub(crate) mod recursion;
pub(crate) mod usage;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

/// The whole document.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) info: Info,
    pub(super) servers: Value,
    /// The security schemes that operations use, by name.
    pub(super) security_schemes: Value,
    pub(super) tags: Vec<Tag>,
    pub(super) components: Vec<Component>,
    pub(super) operations: Vec<Operation>,
    /// Error responses that are the same wherever their status is used, so that one Rust type serves them all.
    pub(super) shared: Vec<Response>,
    /// The names of all `x-check`s.
    pub(super) checks: BTreeSet<String>,
}

/// What the document says of the API as a whole.
#[derive(Debug)]
pub(super) struct Info {
    pub(super) title: String,
    pub(super) version: String,
    /// What else it says, each as the function by which dropshot is told and what that takes.
    pub(super) told: Vec<(&'static str, Vec<String>)>,
}

#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// The address of further documentation, and what that is.
    pub(super) external: Option<(String, Option<String>)>,
}

/// A schema with a name: a component of the document, or an inline object or enumeration that Rust needs a name for.
#[derive(Debug)]
pub(super) struct Component {
    /// The name in the document; for an inline schema, its Rust name.
    pub(super) name: String,
    pub(super) rust: String,
    pub(super) inline: bool,
    pub(super) schema: Schema,
    /// Whether the schema is what the document says. Until it is, and where it cannot be, it is the component itself.
    pub(super) read: bool,
    pub(super) secret: bool,
    /// Whether a client can send it, and whether it can receive it.
    pub(super) received: bool,
    pub(super) sent: bool,
    /// Whether anything is held against its rule: requests, or what is said of a header.
    pub(super) ruled: bool,
    /// Whether a value of it can hold another one, not behind a list or a map; and the circle of those that hold each
    /// other.
    pub(super) recursive: bool,
    pub(super) circle: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) description: Option<String>,
    pub(super) nullable: bool,
    pub(super) kind: Kind,
    /// What the schema says and its Rust type does not, in the words of schemars.
    pub(super) beside: Map<String, Value>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Any,
    /// What dropshot writes for a type with no value but one: null.
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
        /// Whether the items can be put into a set.
        hashable: bool,
    },
    Object(Object),
    Union(Union),
    /// A component or a named inline schema, by its index in [`Model::components`].
    Named(usize),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Integer {
    pub(super) format: Option<IntegerFormat>,
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<i64>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<i64>,
    pub(super) allowed: Vec<i64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Number {
    pub(super) format: Option<NumberFormat>,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<f64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) format: Option<TextFormat>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<String>,
    pub(super) allowed: Vec<Variant>,
    /// The values in the lists that the document has them in, where those are several: dropshot's way to describe each.
    pub(super) groups: Vec<Group>,
    pub(super) check: Option<String>,
}

/// One value of an enumeration.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub(super) value: String,
    pub(super) rust: String,
    pub(super) description: Option<String>,
}

/// Some values of an enumeration.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) values: Vec<String>,
    pub(super) beside: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IntegerFormat {
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    /// What schemars calls a `usize`.
    Uint,
    /// A name that says something to people only.
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NumberFormat {
    Float,
    Double,
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextFormat {
    Uuid,
    DateTime,
    Date,
    Ipv4,
    Ipv6,
    Ip,
    Other(String),
}

#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) properties: Vec<Property>,
    pub(super) additional: Additional,
    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Additional {
    Allowed,
    Refused,
    Each(Box<Schema>),
}

#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) rust: String,
    pub(super) required: bool,
    pub(super) schema: Schema,
    /// The value that it has when it is absent.
    pub(super) default: Option<Value>,
}

/// `oneOf` or `anyOf`.
#[derive(Debug, Clone)]
pub(super) struct Union {
    /// Whether exactly one of the alternatives has to hold, and not at least one.
    pub(super) one: bool,
    /// The property whose only value in each alternative tells them apart.
    pub(super) tag: Option<String>,
    pub(super) alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone)]
pub(super) struct Alternative {
    /// The name of the variant.
    pub(super) rust: String,
    /// All of it, the tag included.
    pub(super) schema: Schema,
    /// Of an alternative with a tag: the tag's value, and what else there is.
    pub(super) tagged: Option<Tagged>,
}

#[derive(Debug, Clone)]
pub(super) struct Tagged {
    pub(super) value: String,
    pub(super) beside: Map<String, Value>,
    /// The object without the tag, where that has properties; by its index in [`Model::components`].
    pub(super) rest: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) id: String,
    /// The Rust name of the handler, in snake case.
    pub(super) function: String,
    /// What the names of the operation's types begin with, in pascal case.
    pub(super) prefix: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) deprecated: bool,
    /// The security schemes of which one is needed; empty for a public operation.
    pub(super) security: Vec<String>,
    pub(super) required_scopes: Option<Vec<String>>,
    /// In which case the scopes are not needed.
    pub(super) scope_exemption: Option<String>,
    /// The status of an invalid request, where it is not 422.
    pub(super) invalid_status: Option<u16>,
    pub(super) parameters: Vec<Parameter>,
    /// Of an operation that pages in dropshot's way: what it says of that, and the parameters that the first page needs.
    pub(super) pages: Option<Value>,
    pub(super) first_page: Vec<String>,
    pub(super) body: Option<Body>,
    /// The one success, first, and the errors; or the one response of any status.
    pub(super) responses: Vec<Use>,
    /// The component of the operation's errors, by its index in [`Model::components`].
    pub(super) error: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Location {
    Path,
    Query,
    Header,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) rust: String,
    pub(super) location: Location,
    pub(super) required: bool,
    pub(super) schema: Schema,
    pub(super) default: Option<Value>,
}

#[derive(Debug)]
pub(super) struct Body {
    pub(super) media: Media,
    pub(super) schema: Schema,
    pub(super) max_bytes: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Form,
    Bytes,
}

impl Media {
    pub(super) const ALL: [Self; 3] = [Self::Json, Self::Form, Self::Bytes];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// A response as one operation has it.
#[derive(Debug)]
pub(super) enum Use {
    /// Of this operation alone.
    Own(Box<Response>),
    /// By its index in [`Model::shared`].
    Shared(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: Status,
    /// The name of the variant in a reply.
    pub(super) variant: String,
    /// The name of the struct that the variant holds.
    pub(super) rust: String,
    pub(super) description: String,
    pub(super) headers: Vec<Header>,
    pub(super) content: Content,
    pub(super) links: Value,
}

/// What the document says of a response's status. In the order of a reply: successes, errors, anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Status {
    Code(u16),
    /// By its first digit: 4 for `4XX`.
    Class(u16),
    Any,
}

impl Status {
    /// Whether a response with this status can be one that is documented so.
    pub(super) const fn covers(self, status: u16) -> bool {
        match self {
            Self::Code(code) => code == status,
            Self::Class(class) => status / 100 == class,
            Self::Any => true,
        }
    }

    pub(super) const fn is_error(self) -> bool {
        matches!(self, Self::Code(400..) | Self::Class(4..))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Class(class) => write!(f, "{class}XX"),
            Self::Any => f.write_str("default"),
        }
    }
}

/// What the body of a response is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Nothing,
    Json(Box<Schema>),
    /// `*/*`: whatever the reply says.
    Anything,
}

impl Content {
    pub(super) fn schema(&self) -> Option<&Schema> {
        match self {
            Self::Json(schema) => Some(schema),
            Self::Nothing | Self::Anything => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) rust: String,
    pub(super) required: bool,
    pub(super) description: Option<String>,
    pub(super) schema: Schema,
    pub(super) source: HeaderSource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HeaderSource {
    Constant(String),
    Reply,
    Gate,
    Dropshot,
}

impl Model {
    /// Whether null is a value of the schema.
    pub(super) fn admits_null(&self, schema: &Schema) -> bool {
        schema.nullable
            || match &schema.kind {
                Kind::Any | Kind::Null => true,
                Kind::Named(index) => self.admits_null(&self.components[*index].schema),
                Kind::Union(union) => union.alternatives.iter().any(|it| self.admits_null(&it.schema)),
                _ => false,
            }
    }

    pub(super) fn response<'m>(&'m self, response: &'m Use) -> &'m Response {
        match response {
            Use::Own(response) => response,
            Use::Shared(index) => &self.shared[*index],
        }
    }

    /// The headers that the gate says the values of, each once.
    pub(super) fn gate_headers(&self) -> Vec<&Header> {
        let operations = self.operations.iter().filter(|operation| operation.guarded());
        let responses = operations.flat_map(|operation| operation.responses.iter().map(|it| self.response(it)));
        let mut found: Vec<&Header> = Vec::new();
        for header in responses.flat_map(|response| &response.headers) {
            if header.source == HeaderSource::Gate && !found.iter().any(|known| known.name == header.name) {
                found.push(header);
            }
        }
        found
    }

    /// Whether an invalid request is the service's to answer somewhere.
    pub(super) fn refuses_invalid(&self) -> bool {
        self.operations.iter().any(|operation| operation.invalid_status.is_some())
    }

    /// The error schemas that there are, each once.
    pub(super) fn errors(&self) -> Vec<usize> {
        let errors: BTreeSet<_> = self.operations.iter().filter_map(|operation| operation.error).collect();
        errors.into_iter().collect()
    }

    /// Whether any operation needs a credential.
    pub(super) fn guarded(&self) -> bool {
        self.operations.iter().any(Operation::guarded)
    }
}

impl Schema {
    pub(super) fn of(kind: Kind) -> Self {
        Self { description: None, nullable: false, kind, beside: Map::new() }
    }
}

impl Text {
    pub(super) fn is_enumeration(&self) -> bool {
        !self.allowed.is_empty()
    }
}

impl Object {
    /// Whether Rust needs a struct for it, and not a map.
    pub(super) fn is_struct(&self) -> bool {
        !self.properties.is_empty() || matches!(self.additional, Additional::Refused)
    }
}

impl Operation {
    pub(super) fn guarded(&self) -> bool {
        !self.security.is_empty()
    }

    pub(super) fn parameters(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.location == location)
    }
}
