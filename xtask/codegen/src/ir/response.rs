//! Responses.

use std::fmt;

use serde_json::Value;

use super::Schema;

/// A use of a response by an operation.
#[derive(Debug)]
pub(crate) enum Use {
    /// A response of one operation.
    Own(Box<Response>),
    /// A shared response, by its index in `Model::shared`.
    Shared(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: Status,
    /// The name of the variant in the operation's response enum.
    pub(crate) variant: String,
    /// The name of the variant's struct.
    pub(crate) rust: String,
    pub(crate) description: String,
    pub(crate) headers: Vec<Header>,
    pub(crate) content: Content,
    pub(crate) links: Value,
}

/// The documented status of a response. The order is that of the variants: successes, errors, any status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    Code(u16),
    /// A class by its first digit: 4 for `4XX`.
    Class(u16),
    Any,
}

impl Status {
    /// Whether a response with this status is covered.
    pub(crate) const fn covers(self, status: u16) -> bool {
        match self {
            Self::Code(code) => code == status,
            Self::Class(class) => status / 100 == class,
            Self::Any => true,
        }
    }

    pub(crate) const fn is_error(self) -> bool {
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

/// The body of a response.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Nothing,
    Json(Box<Schema>),
    /// `*/*`: any body.
    Anything,
}

impl Content {
    pub(crate) fn schema(&self) -> Option<&Schema> {
        match self {
            Self::Json(schema) => Some(schema),
            Self::Nothing | Self::Anything => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) rust: String,
    pub(crate) required: bool,
    pub(crate) description: Option<String>,
    pub(crate) schema: Schema,
    pub(crate) source: HeaderSource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderSource {
    Constant(String),
    Response,
    Admission,
    Dropshot,
}
