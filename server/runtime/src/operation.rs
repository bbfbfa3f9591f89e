//! The operations as data.
//!
//! The generator writes one [`Operation`] for each operation of the document. These tables control the stub: they hold the
//! required scopes, the validation rules and the headers. [`manifest`](mod@super::manifest) prints them, so the manifest
//! describes the behaviour.

use std::fmt;

use serde_json::Value;

use super::rule::Rule;

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// The `operationId`.
    pub id: &'static str,
    /// The HTTP method in upper case.
    pub method: &'static str,
    /// The path template: `/things/{thingID}`.
    pub path: &'static str,
    /// The names of the alternative security schemes; empty for a public operation.
    pub security: &'static [&'static str],
    /// The scopes that the caller needs (`x-dropstub-required-scopes`).
    pub required_scopes: Option<&'static [&'static str]>,
    /// The name of the case in which the service does not require the scopes (`x-dropstub-scope-exemption`).
    pub scope_exemption: Option<&'static str>,
    /// The status of an invalid request, if it is not 422 (`x-dropstub-invalid-status`).
    pub invalid_status: Option<u16>,
    /// Whether an undocumented query parameter is invalid (`x-dropstub-strict-query`).
    pub strict_query: bool,
    /// Whether a repeated request receives the stored response (`x-dropstub-idempotent`).
    pub idempotent: bool,
    /// The path, query and header parameters.
    pub parameters: &'static [Parameter],
    /// The pagination, if the operation uses dropshot's.
    pub pages: Option<Pages>,
    /// The request body.
    pub body: Option<BodySpec>,
    /// The documented responses.
    pub responses: &'static [&'static ResponseSpec],
}

/// Dropshot's pagination (`x-dropshot-pagination`).
#[derive(Debug)]
pub struct Pages {
    /// The extension as JSON text.
    pub extension: &'static str,
    /// The query parameters that the first page requires. Later pages have a page token instead.
    pub first: &'static [&'static str],
}

/// One path, query or header parameter.
#[derive(Debug)]
pub struct Parameter {
    /// The name.
    pub name: &'static str,
    /// The location.
    pub location: Location,
    /// Whether the parameter is required.
    pub required: bool,
    /// The rule of the value.
    pub rule: &'static Rule,
    /// The value of an absent parameter.
    pub default: Option<fn() -> Value>,
}

/// The location of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The path.
    Path,
    /// The query.
    Query,
    /// A header.
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
    /// The media type.
    pub media: Media,
    /// The rule of the value.
    pub rule: &'static Rule,
    /// The size limit in bytes (`x-dropstub-max-bytes`); [`DEFAULT_MAX_BYTES`] without one.
    pub max_bytes: Option<usize>,
}

/// The media type of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// JSON.
    Json,
    /// An HTML form: names with plain values.
    Form,
    /// Opaque bytes.
    Bytes,
}

impl Media {
    /// The media type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// The default size limit of a request body, in bytes.
pub(crate) const DEFAULT_MAX_BYTES: usize = 1024 * 1024;

impl BodySpec {
    /// The largest body that is read, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.max_bytes.unwrap_or(DEFAULT_MAX_BYTES)
    }
}

/// A documented response.
#[derive(Debug)]
pub struct ResponseSpec {
    /// The status.
    pub status: Status,
    /// The body.
    pub content: Content,
    /// The headers.
    pub headers: &'static [HeaderSpec],
    /// The links, as the JSON text of an object.
    pub links: &'static str,
}

/// The documented status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A single status.
    Code(u16),
    /// A class, by its first digit: 4 for `4XX`.
    Class(u16),
    /// Any status.
    Any,
}

impl Status {
    /// Whether `status` is documented by it.
    #[must_use]
    pub const fn covers(self, status: u16) -> bool {
        match self {
            Self::Code(code) => code == status,
            Self::Class(class) => status / 100 == class,
            Self::Any => true,
        }
    }

    /// Whether it is a success.
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

/// The documented body of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// No body.
    Nothing,
    /// JSON.
    Json,
    /// Any media type.
    Anything,
}

impl Content {
    /// The key in the document's `content`.
    #[must_use]
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Json => Some("application/json"),
            Self::Anything => Some("*/*"),
        }
    }
}

/// A documented response header.
#[derive(Debug)]
pub struct HeaderSpec {
    /// The name.
    pub name: &'static str,
    /// Whether the header is required.
    pub required: bool,
    /// The rule of the value.
    pub rule: &'static Rule,
    /// The source of the value.
    pub source: HeaderSource,
}

/// The source of a header's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderSource {
    /// The stub: the document allows only this value.
    Constant(&'static str),
    /// The handler's response.
    Response,
    /// Admission control, for every response (`x-dropstub-admission`).
    Admission,
    /// Dropshot, for every response (`x-request-id`).
    Dropshot,
}
