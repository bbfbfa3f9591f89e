//! What each kind of OpenAPI object has, and what makes two of them differ.
//!
//! A key that is in no table is compared exactly, because nobody knows what it means; an `x-` key that is not ours
//! means nothing. Documentation is no part of the comparison: the generated code holds a digest of it, so
//! `generate --check` sees every change of it.

use super::finding::Witness;
use super::server_document::ENFORCED as AS_ENFORCED;

/// A kind of OpenAPI object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Document,
    Info,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Media,
    Response,
    Header,
    Link,
    SecurityScheme,
    Schema,
    /// A schema as the validator enforces it.
    Enforced,
}

/// How two values of a key are compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// They say the same, or both say nothing. `1` is `1.0`.
    Exact,
    /// The same, without regard to case.
    NoCase,
    /// The same members in whatever order; absent is empty.
    Set,
    /// The same members in whatever order; absent is no set, and an empty one allows nothing.
    Members,
    /// True or false; absent is false.
    Flag,
    /// A number; absent is zero.
    Zero,
    /// A lower bound, for which a format may stand.
    Lower,
    /// One object of this kind.
    One(Kind),
    /// Objects of this kind by name.
    Map(Kind),
    /// Objects of this kind by header name, which has no case.
    Headers,
    /// Objects of this kind by position.
    List(Kind),
    /// `additionalProperties`: a schema, or true or false; absent is true.
    Additional(Kind),
    /// `style` and `explode` of a parameter or header, whose defaults depend on where it stands.
    Style,
    /// The server's schema as the validator enforces it, to be compared with the contract's `schema`.
    Enforced,
    /// Compared elsewhere, with what it depends on.
    Elsewhere,
    /// Documentation.
    Nothing,
}

use How::{
    Additional, Elsewhere, Enforced, Exact, Flag, Headers, List, Lower, Map, Members, NoCase, Nothing, One, Set, Style,
    Zero,
};
use Witness::{Glue, Statement, Types, Validator};

type Row = (&'static str, How, Witness);

const DOCUMENT: &[Row] = &[
    ("openapi", Nothing, Types),
    ("info", One(Kind::Info), Types),
    ("servers", Elsewhere, Statement),
    ("paths", Elsewhere, Types),
    ("components", Elsewhere, Types),
    ("security", Elsewhere, Glue),
    ("tags", Nothing, Types),
    ("externalDocs", Nothing, Types),
];

const INFO: &[Row] = &[
    ("title", Exact, Types),
    ("version", Exact, Types),
    ("description", Nothing, Types),
    ("termsOfService", Nothing, Types),
    ("contact", Nothing, Types),
    ("license", Nothing, Types),
];

const PATH_ITEM: &[Row] = &[
    ("get", Elsewhere, Types),
    ("put", Elsewhere, Types),
    ("post", Elsewhere, Types),
    ("delete", Elsewhere, Types),
    ("options", Elsewhere, Types),
    ("head", Elsewhere, Types),
    ("patch", Elsewhere, Types),
    ("trace", Elsewhere, Types),
    ("parameters", Elsewhere, Types),
    ("servers", Elsewhere, Statement),
    ("summary", Nothing, Types),
    ("description", Nothing, Types),
];

const OPERATION: &[Row] = &[
    ("operationId", Exact, Types),
    ("tags", Set, Types),
    ("summary", Nothing, Types),
    ("description", Nothing, Types),
    ("externalDocs", Nothing, Types),
    ("deprecated", Flag, Types),
    ("parameters", Elsewhere, Types),
    ("requestBody", One(Kind::RequestBody), Types),
    ("responses", Elsewhere, Glue),
    ("security", Elsewhere, Glue),
    ("servers", Elsewhere, Statement),
    ("x-required-scopes", Set, Glue),
    ("x-scope-exemption", Exact, Glue),
    ("x-invalid-status", Exact, Glue),
    ("x-dropshot-pagination", Exact, Types),
];

const PARAMETER: &[Row] = &[
    ("name", NoCase, Types),
    ("in", Exact, Types),
    ("description", Nothing, Types),
    ("required", Flag, Types),
    ("deprecated", Flag, Types),
    ("allowEmptyValue", Flag, Types),
    ("allowReserved", Flag, Types),
    ("style", Style, Glue),
    ("explode", Style, Glue),
    ("schema", One(Kind::Schema), Types),
    (AS_ENFORCED, Enforced, Validator),
    ("content", Map(Kind::Media), Types),
    ("example", Nothing, Types),
    ("examples", Nothing, Types),
];

const REQUEST_BODY: &[Row] = &[
    ("description", Nothing, Types),
    ("required", Flag, Types),
    ("content", Map(Kind::Media), Types),
    ("x-max-bytes", Exact, Glue),
];

const MEDIA: &[Row] = &[
    ("schema", One(Kind::Schema), Types),
    (AS_ENFORCED, Enforced, Validator),
    ("example", Nothing, Types),
    ("examples", Nothing, Types),
];

const RESPONSE: &[Row] = &[
    ("description", Nothing, Types),
    ("headers", Headers, Glue),
    ("content", Map(Kind::Media), Types),
    ("links", Map(Kind::Link), Statement),
];

const HEADER: &[Row] = &[
    ("x-gate", Flag, Glue),
    ("description", Nothing, Glue),
    ("required", Flag, Glue),
    ("deprecated", Flag, Glue),
    ("style", Style, Glue),
    ("explode", Style, Glue),
    ("schema", One(Kind::Schema), Glue),
    (AS_ENFORCED, Enforced, Glue),
    ("content", Map(Kind::Media), Glue),
    ("example", Nothing, Glue),
    ("examples", Nothing, Glue),
];

const LINK: &[Row] = &[
    ("operationId", Exact, Statement),
    ("operationRef", Exact, Statement),
    ("parameters", Exact, Statement),
    ("requestBody", Exact, Statement),
    ("server", Exact, Statement),
    ("description", Nothing, Statement),
];

const SECURITY_SCHEME: &[Row] = &[
    ("type", Exact, Statement),
    ("scheme", NoCase, Statement),
    ("name", Exact, Statement),
    ("in", Exact, Statement),
    ("flows", Exact, Statement),
    ("openIdConnectUrl", Exact, Statement),
    ("description", Nothing, Statement),
    ("bearerFormat", Nothing, Statement),
];

const SCHEMA: &[Row] = &[
    // Compared with the wrappers around the schema, which can say it too.
    ("default", Elsewhere, Glue),
    // Only the validator knows checks.
    ("x-check", Nothing, Validator),
    ("x-secret", Flag, Statement),
    ("deprecated", Flag, Types),
    ("readOnly", Flag, Types),
    ("writeOnly", Flag, Types),
    ("discriminator", Exact, Types),
    ("xml", Exact, Types),
    ("items", One(Kind::Schema), Types),
    ("properties", Map(Kind::Schema), Types),
    ("additionalProperties", Additional(Kind::Schema), Types),
    ("allOf", List(Kind::Schema), Types),
    ("oneOf", List(Kind::Schema), Types),
    ("anyOf", List(Kind::Schema), Types),
    ("not", One(Kind::Schema), Types),
];

const ENFORCED: &[Row] = &[
    ("default", Nothing, Validator),
    ("x-check", Exact, Validator),
    ("x-secret", Nothing, Validator),
    ("deprecated", Nothing, Validator),
    ("readOnly", Nothing, Validator),
    ("writeOnly", Nothing, Validator),
    ("discriminator", Nothing, Validator),
    ("xml", Nothing, Validator),
    ("items", One(Kind::Enforced), Validator),
    ("properties", Map(Kind::Enforced), Validator),
    ("additionalProperties", Additional(Kind::Enforced), Validator),
    ("allOf", List(Kind::Enforced), Validator),
    ("oneOf", List(Kind::Enforced), Validator),
    ("anyOf", List(Kind::Enforced), Validator),
    ("not", One(Kind::Enforced), Validator),
];

/// What the compiled types and the validator both say of a schema.
const BOTH: &[(&str, How)] = &[
    ("type", Exact),
    ("format", Exact),
    // Compared with the wrappers around the schema, which can say it too.
    ("nullable", Elsewhere),
    ("enum", Members),
    ("required", Set),
    ("minimum", Lower),
    ("maximum", Exact),
    ("exclusiveMinimum", Flag),
    ("exclusiveMaximum", Flag),
    ("multipleOf", Exact),
    ("minLength", Zero),
    ("maxLength", Exact),
    ("pattern", Exact),
    ("minItems", Zero),
    ("maxItems", Exact),
    ("uniqueItems", Flag),
    ("minProperties", Zero),
    ("maxProperties", Exact),
    ("title", Nothing),
    ("description", Nothing),
    ("example", Nothing),
    ("externalDocs", Nothing),
];

impl Kind {
    /// How a key of this kind of object is compared, and who says it for the server.
    pub(super) fn row(self, key: &str) -> (How, Witness) {
        let table = match self {
            Self::Document => DOCUMENT,
            Self::Info => INFO,
            Self::PathItem => PATH_ITEM,
            Self::Operation => OPERATION,
            Self::Parameter => PARAMETER,
            Self::RequestBody => REQUEST_BODY,
            Self::Media => MEDIA,
            Self::Response => RESPONSE,
            Self::Header => HEADER,
            Self::Link => LINK,
            Self::SecurityScheme => SECURITY_SCHEME,
            Self::Schema => SCHEMA,
            Self::Enforced => ENFORCED,
        };
        let own = if self == Self::Enforced { Validator } else { Types };
        let found = table.iter().find(|(name, ..)| *name == key).map(|(_, how, witness)| (*how, *witness));
        let both = || BOTH.iter().find(|(name, _)| self.is_schema() && *name == key).map(|(_, how)| (*how, own));
        let unknown = if key.starts_with("x-") { Nothing } else { Exact };
        found.or_else(both).unwrap_or((unknown, own))
    }

    pub(super) fn is_schema(self) -> bool {
        matches!(self, Self::Schema | Self::Enforced)
    }
}
