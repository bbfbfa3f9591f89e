//! What the stub knows of each operation, as data.
//!
//! The generator writes one [`Operation`] for each operation of the contract. The glue runs on these tables (they hold
//! the scopes it asks for, the rules it validates by, the headers it sends) and [`account`](mod@super::account) prints
//! them, so what the stub says of itself is what it does.

use std::fmt;

use serde_json::Value;

use super::rule::Rule;

/// One operation of the contract.
#[derive(Debug)]
pub struct Operation {
    /// The contract's `operationId`.
    pub id: &'static str,
    /// The HTTP method in upper case.
    pub method: &'static str,
    /// The path template, such as `/things/{thingID}`.
    pub path: &'static str,
    /// The names of the security schemes of which one has to be satisfied; none for a public operation.
    pub security: &'static [&'static str],
    /// The contract's `x-required-scopes`, where it has them.
    pub required_scopes: Option<&'static [&'static str]>,
    /// The contract's `x-scope-exemption`: in which case the scopes are not needed, for the service to know.
    pub scope_exemption: Option<&'static str>,
    /// The contract's `x-invalid-status`: the status of an invalid request where it is not 422.
    pub invalid_status: Option<u16>,
    pub parameters: &'static [Parameter],
    /// Of an operation that pages in dropshot's way.
    pub pages: Option<Pages>,
    pub body: Option<BodySpec>,
    /// Every response that the operation can give.
    pub responses: &'static [&'static ResponseSpec],
}

/// What an operation says of its pages (`x-dropshot-pagination`).
#[derive(Debug)]
pub struct Pages {
    /// All of it, as JSON text.
    pub extension: &'static str,
    /// The query parameters that the first page needs; for the others, the page token stands.
    pub first: &'static [&'static str],
}

/// One path, query or header parameter.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub location: Location,
    pub required: bool,
    pub rule: &'static Rule,
    /// The value that a request without the parameter has.
    pub default: Option<fn() -> Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    Path,
    Query,
    Header,
}

impl Operation {
    /// Whether the operation's success documents this header.
    #[must_use]
    pub fn succeeds_with_header(&self, name: &str) -> bool {
        let success = self.responses.iter().find(|response| response.status.is_success());
        success.is_some_and(|success| success.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)))
    }
}

/// A request body.
#[derive(Debug)]
pub struct BodySpec {
    pub media: Media,
    pub rule: &'static Rule,
    /// The contract's `x-max-bytes`, where it has one; else [`DEFAULT_MAX_BYTES`] holds.
    pub max_bytes: Option<usize>,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Json,
    /// The fields of an HTML form: names and plain values.
    Form,
    /// Bytes that mean nothing here.
    Bytes,
}

impl Media {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// What a body may have where the contract does not say: enough for a form, too little to hurt.
pub const DEFAULT_MAX_BYTES: usize = 1024 * 1024;

impl BodySpec {
    /// The largest body that is read, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.max_bytes.unwrap_or(DEFAULT_MAX_BYTES)
    }
}

/// One response: a status with its headers and, where it has one, its body.
#[derive(Debug)]
pub struct ResponseSpec {
    pub status: Status,
    pub content: Content,
    pub headers: &'static [HeaderSpec],
    /// The contract's links, as the JSON text of an object.
    pub links: &'static str,
}

/// What the document says of a response's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// This one.
    Code(u16),
    /// One of a class, by its first digit, as in `4XX`.
    Class(u16),
    /// Whatever the reply says.
    Any,
}

impl Status {
    /// Whether an answer of this status is documented by it.
    #[must_use]
    pub const fn covers(self, status: u16) -> bool {
        match self {
            Self::Code(code) => code == status,
            Self::Class(class) => status / 100 == class,
            Self::Any => true,
        }
    }

    /// Whether it is neither an error nor unknown.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Code(100..400) | Self::Class(1..4))
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Nothing,
    Json,
    /// Bytes of whatever media type the reply says.
    Anything,
}

impl Content {
    /// As the document has it.
    #[must_use]
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Json => Some("application/json"),
            Self::Anything => Some("*/*"),
        }
    }
}

/// One documented response header.
#[derive(Debug)]
pub struct HeaderSpec {
    pub name: &'static str,
    pub required: bool,
    pub rule: &'static Rule,
    pub source: HeaderSource,
}

/// Who puts the value into a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderSource {
    /// The contract allows one value only, and the glue sends it.
    Constant(&'static str),
    /// The reply carries it.
    Reply,
    /// Whoever lets the caller in says it, whatever the answer will be (`x-gate`).
    Gate,
    /// Dropshot sends it with every response (`x-request-id`).
    Dropshot,
}
