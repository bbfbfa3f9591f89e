//! The keywords of each kind of OpenAPI object, with their comparison and the source of the server's value.
//!
//! A key without a row is compared exactly, because its meaning is unknown; an unknown `x-` key is ignored. Documentation is
//! not compared: the generated code contains a digest of the whole contract, so `generate --check` detects every change.

use super::finding::Evidence;

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
    /// A schema that the validator enforces.
    Enforced,
}

/// The method of comparing two values of a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    /// Equal or both absent. `1` equals `1.0`.
    Exact,
    /// Equal without regard to case.
    NoCase,
    /// Equal members in any order; absent equals empty.
    Set,
    /// Equal members in any order; absent differs from empty, which allows nothing.
    Members,
    /// Objects with equal keys in any order.
    Names,
    /// Equal booleans; absent equals false.
    Flag,
    /// Equal numbers; absent equals zero.
    Zero,
    /// Equal lower bounds, unless a format implies the bound.
    Lower,
    /// One object of this kind.
    One(Kind),
    /// Objects of this kind by name.
    Map(Kind),
    /// Objects of this kind by case-insensitive header name.
    Headers,
    /// Objects of this kind by position.
    List(Kind),
    /// `additionalProperties`: a schema, or true or false; absent is true.
    Additional(Kind),
    /// `style` and `explode` of a parameter or header, whose defaults depend on its location.
    Style,
    /// Compared in code, together with related keys.
    Elsewhere,
    /// Not compared: documentation.
    Ignored,
}

use Evidence::{Statement, Table, Types, Validator};
use Method::{
    Additional, Elsewhere, Exact, Flag, Headers, Ignored, List, Lower, Map, Members, Names, NoCase, One, Set, Style,
    Zero,
};

type Row = (&'static str, Method, Evidence);

const DOCUMENT: &[Row] = &[
    ("openapi", Ignored, Types),
    ("info", One(Kind::Info), Types),
    ("servers", Elsewhere, Statement),
    ("paths", Elsewhere, Types),
    ("components", Elsewhere, Types),
    ("security", Elsewhere, Table),
    ("x-dropstub-strict-query", Elsewhere, Table),
    ("tags", Ignored, Types),
    ("externalDocs", Ignored, Types),
];

const INFO: &[Row] = &[
    ("title", Exact, Types),
    ("version", Exact, Types),
    ("description", Ignored, Types),
    ("termsOfService", Ignored, Types),
    ("contact", Ignored, Types),
    ("license", Ignored, Types),
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
    ("summary", Ignored, Types),
    ("description", Ignored, Types),
];

const OPERATION: &[Row] = &[
    ("operationId", Exact, Types),
    ("tags", Set, Types),
    ("summary", Ignored, Types),
    ("description", Ignored, Types),
    ("externalDocs", Ignored, Types),
    ("deprecated", Flag, Types),
    ("parameters", Elsewhere, Types),
    ("requestBody", One(Kind::RequestBody), Types),
    ("responses", Elsewhere, Table),
    ("security", Elsewhere, Table),
    ("servers", Elsewhere, Statement),
    ("x-dropstub-required-scopes", Set, Table),
    ("x-dropstub-scope-exemption", Exact, Table),
    ("x-dropstub-invalid-status", Exact, Table),
    ("x-dropstub-strict-query", Elsewhere, Table),
    ("x-dropstub-idempotent", Flag, Table),
    ("x-dropshot-pagination", Exact, Types),
];

const PARAMETER: &[Row] = &[
    ("name", NoCase, Types),
    ("in", Exact, Types),
    ("description", Ignored, Types),
    ("required", Flag, Types),
    ("deprecated", Flag, Types),
    ("allowEmptyValue", Flag, Types),
    ("allowReserved", Flag, Types),
    ("style", Style, Table),
    ("explode", Style, Table),
    ("schema", One(Kind::Schema), Types),
    ("content", Map(Kind::Media), Types),
    ("example", Ignored, Types),
    ("examples", Ignored, Types),
];

const REQUEST_BODY: &[Row] = &[
    ("description", Ignored, Types),
    ("required", Flag, Types),
    ("content", Map(Kind::Media), Types),
    ("x-dropstub-max-bytes", Exact, Table),
];

const MEDIA: &[Row] =
    &[("schema", One(Kind::Schema), Types), ("example", Ignored, Types), ("examples", Ignored, Types)];

const RESPONSE: &[Row] = &[
    ("description", Ignored, Types),
    ("headers", Headers, Table),
    ("content", Map(Kind::Media), Types),
    ("links", Map(Kind::Link), Statement),
];

const HEADER: &[Row] = &[
    ("x-dropstub-admission", Flag, Table),
    ("description", Ignored, Table),
    ("required", Flag, Table),
    ("deprecated", Flag, Table),
    ("style", Style, Table),
    ("explode", Style, Table),
    ("schema", One(Kind::Schema), Table),
    ("content", Map(Kind::Media), Table),
    ("example", Ignored, Table),
    ("examples", Ignored, Table),
];

const LINK: &[Row] = &[
    ("operationId", Exact, Statement),
    ("operationRef", Exact, Statement),
    ("parameters", Exact, Statement),
    ("requestBody", Exact, Statement),
    ("server", Exact, Statement),
    ("description", Ignored, Statement),
];

const SECURITY_SCHEME: &[Row] = &[
    ("type", Exact, Statement),
    ("scheme", NoCase, Statement),
    ("name", Exact, Statement),
    ("in", Exact, Statement),
    ("flows", Exact, Statement),
    ("openIdConnectUrl", Exact, Statement),
    ("description", Ignored, Statement),
    ("bearerFormat", Ignored, Statement),
];

const SCHEMA: &[Row] = &[
    // Compared through the wrappers of the schema.
    ("default", Elsewhere, Table),
    // Part of the enforced schema.
    ("x-dropstub-check", Ignored, Validator),
    ("x-dropstub-secret", Flag, Statement),
    ("x-dropstub-values", Names, Types),
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
    ("default", Ignored, Validator),
    ("x-dropstub-check", Exact, Validator),
    ("x-dropstub-secret", Ignored, Validator),
    ("x-dropstub-values", Ignored, Validator),
    ("deprecated", Ignored, Validator),
    ("readOnly", Ignored, Validator),
    ("writeOnly", Ignored, Validator),
    ("discriminator", Ignored, Validator),
    ("xml", Ignored, Validator),
    ("items", One(Kind::Enforced), Validator),
    ("properties", Map(Kind::Enforced), Validator),
    ("additionalProperties", Additional(Kind::Enforced), Validator),
    ("allOf", List(Kind::Enforced), Validator),
    ("oneOf", List(Kind::Enforced), Validator),
    ("anyOf", List(Kind::Enforced), Validator),
    ("not", One(Kind::Enforced), Validator),
];

/// The keywords of types and of enforced schemas.
const BOTH: &[(&str, Method)] = &[
    ("type", Exact),
    ("format", Exact),
    // Compared through the wrappers of the schema.
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
    ("title", Ignored),
    ("description", Ignored),
    ("example", Ignored),
    ("externalDocs", Ignored),
];

impl Kind {
    /// The comparison of a key of this kind of object, and the source of the server's value.
    pub(super) fn row(self, key: &str) -> (Method, Evidence) {
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
        let found =
            table.iter().find(|(name, ..)| *name == key).map(|(_, comparison, evidence)| (*comparison, *evidence));
        let both =
            || BOTH.iter().find(|(name, _)| self.is_schema() && *name == key).map(|(_, comparison)| (*comparison, own));
        let unknown = if key.starts_with("x-") { Ignored } else { Exact };
        found.or_else(both).unwrap_or((unknown, own))
    }

    pub(super) fn is_schema(self) -> bool {
        matches!(self, Self::Schema | Self::Enforced)
    }
}
