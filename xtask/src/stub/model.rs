//! A document as the renderer needs it: understood, resolved, with every Rust name decided.

use std::collections::BTreeSet;

use serde_json::Value;

/// The whole document.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) servers: Value,
    /// The security schemes that operations use, by name.
    pub(super) security_schemes: Value,
    pub(super) tags: Vec<Tag>,
    pub(super) components: Vec<Component>,
    pub(super) operations: Vec<Operation>,
    /// Error responses that are the same wherever their status is used, so that one Rust type serves them all.
    pub(super) shared: Vec<Response>,
    /// The Rust name of the one error schema.
    pub(super) error: String,
    /// The names of all `x-check`s.
    pub(super) checks: BTreeSet<String>,
}

#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// A schema with a name: a component of the document, or an inline object or enumeration that Rust needs a name for.
#[derive(Debug)]
pub(super) struct Component {
    /// The name in the document; for an inline schema, its Rust name.
    pub(super) name: String,
    pub(super) rust: String,
    pub(super) inline: bool,
    pub(super) schema: Schema,
    pub(super) secret: bool,
    /// Whether a client can send it, and whether it can receive it.
    pub(super) received: bool,
    pub(super) sent: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) description: Option<String>,
    pub(super) nullable: bool,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Any,
    Boolean,
    Integer {
        format: Option<IntegerFormat>,
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    Number {
        format: Option<NumberFormat>,
        minimum: Option<f64>,
        maximum: Option<f64>,
    },
    Text(Text),
    Array {
        items: Box<Schema>,
        min_items: Option<usize>,
        max_items: Option<usize>,
        unique: bool,
    },
    Object {
        properties: Vec<Property>,
        additional: Additional,
    },
    /// A component or a named inline schema, by its index in [`Model::components`].
    Named(usize),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) format: Option<TextFormat>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<String>,
    pub(super) allowed: Vec<Variant>,
    pub(super) check: Option<String>,
}

/// One value of an enumeration.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub(super) value: String,
    pub(super) rust: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntegerFormat {
    Int32,
    Int64,
    Uint32,
    Uint64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberFormat {
    Float,
    Double,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextFormat {
    Uuid,
    DateTime,
    Date,
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
    pub(super) body: Option<Body>,
    /// The one success, first, and the errors.
    pub(super) responses: Vec<Use>,
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
}

impl Media {
    pub(super) const ALL: [Self; 2] = [Self::Json, Self::Form];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
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
    pub(super) status: u16,
    /// The name of the variant in a reply.
    pub(super) variant: String,
    /// The name of the struct that the variant holds.
    pub(super) rust: String,
    pub(super) description: String,
    pub(super) headers: Vec<Header>,
    pub(super) body: Option<Schema>,
    pub(super) links: Value,
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

    /// Whether any operation needs a credential.
    pub(super) fn guarded(&self) -> bool {
        self.operations.iter().any(Operation::guarded)
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
