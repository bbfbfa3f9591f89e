//! The intermediate representation: an API with references resolved, overlays computed and every Rust name decided. The
//! emitter needs nothing else.

mod operation;
mod response;
mod schema;

use std::collections::BTreeSet;

use dropstub_document::Pointer;
use serde_json::Value;

pub(crate) use operation::{Body, Location, Media, Operation, Parameter};
pub(crate) use response::{Content, Header, HeaderSource, Response, Status, Use};
pub(crate) use schema::{
    ADDITIONAL_PROPERTIES, Additional, Alternative, Group, Integer, IntegerFormat, Kind, Number, NumberFormat, Object,
    Property, Schema, Tagged, Text, TextFormat, Union, Variant,
};

/// An API.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) info: Info,
    pub(crate) servers: Value,
    /// The security schemes that operations use, by name.
    pub(crate) security_schemes: Value,
    pub(crate) tags: Vec<Tag>,
    pub(crate) components: Vec<Component>,
    pub(crate) operations: Vec<Operation>,
    /// The shared error responses. Operations that use one share its Rust type.
    pub(crate) shared: Vec<Response>,
    /// Whether the stub has the function `evaluate`.
    pub(crate) evaluation: bool,
    /// The names of all `x-dropstub-check`s.
    pub(crate) checks: BTreeSet<String>,
}

/// The `info` object.
#[derive(Debug)]
pub(crate) struct Info {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) terms_of_service: Option<String>,
    pub(crate) contact: Option<Contact>,
    pub(crate) license: Option<License>,
}

#[derive(Debug)]
pub(crate) struct Contact {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) email: Option<String>,
}

#[derive(Debug)]
pub(crate) struct License {
    pub(crate) name: String,
    pub(crate) url: Option<String>,
}

/// The directions in which a component is used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// In requests.
    pub(crate) received: bool,
    /// In responses.
    pub(crate) sent: bool,
    /// In requests, or in headers of responses: the component needs a rule.
    pub(crate) validated: bool,
}

impl Usage {
    /// Every direction.
    pub(crate) const ALL: Self = Self { received: true, sent: true, validated: true };
}

/// A tag of the document.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The URL and the description of external documentation.
    pub(crate) external: Option<(String, Option<String>)>,
}

/// A schema with a Rust name: a component of the document, or an inline object or enumeration.
#[derive(Debug)]
pub(crate) struct Component {
    /// The place in the document.
    pub(crate) pointer: Pointer,
    /// The name in the document; for an inline schema, its Rust name.
    pub(crate) name: String,
    pub(crate) rust: String,
    pub(crate) inline: bool,
    pub(crate) schema: Schema,
    /// Whether the schema was read. Otherwise it refers to the component itself.
    pub(crate) read: bool,
    pub(crate) secret: bool,
    pub(crate) usage: Usage,
    /// The cycle of types that contain each other without a list or map in between, if the component is part of one. Types of
    /// a cycle are boxed.
    pub(crate) cycle: Option<usize>,
}

/// Whether null is a value of the schema.
pub(crate) fn admits_null(components: &[Component], schema: &Schema) -> bool {
    schema.nullable
        || match &schema.kind {
            Kind::Any | Kind::Null => true,
            Kind::Named(index) => admits_null(components, &components[*index].schema),
            Kind::Union(union) => union.alternatives.iter().any(|it| admits_null(components, &it.schema)),
            _ => false,
        }
}

impl Model {
    pub(crate) fn response<'m>(&'m self, response: &'m Use) -> &'m Response {
        match response {
            Use::Own(response) => response,
            Use::Shared(index) => &self.shared[*index],
        }
    }

    /// The headers of admission control, without repetition.
    pub(crate) fn admission_headers(&self) -> Vec<&Header> {
        let operations = self.operations.iter().filter(|operation| operation.guarded());
        let responses = operations.flat_map(|operation| operation.responses.iter().map(|it| self.response(it)));
        let mut found: Vec<&Header> = Vec::new();
        for header in responses.flat_map(|response| &response.headers) {
            if header.source == HeaderSource::Admission && !found.iter().any(|known| known.rust == header.rust) {
                found.push(header);
            }
        }
        found
    }

    /// Whether an operation has its own status for invalid requests.
    pub(crate) fn denies_invalid(&self) -> bool {
        self.operations.iter().any(|operation| operation.invalid_status.is_some())
    }

    /// The components of errors, without repetition.
    pub(crate) fn errors(&self) -> Vec<usize> {
        let errors: BTreeSet<_> = self.operations.iter().filter_map(|operation| operation.error).collect();
        errors.into_iter().collect()
    }

    /// Whether an operation requires a credential.
    pub(crate) fn guarded(&self) -> bool {
        self.operations.iter().any(Operation::guarded)
    }
}
