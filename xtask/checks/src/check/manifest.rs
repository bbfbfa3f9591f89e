//! The manifest: the description that a compiled stub prints of itself.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The description of a compiled stub.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// The document that dropshot emits from the compiled types.
    pub document: Value,
    /// The tables that control the stub: the parts of a contract that dropshot cannot emit.
    #[serde(rename = "stub")]
    pub tables: Tables,
}

/// The tables of a stub.
#[derive(Debug, Clone, Deserialize)]
pub struct Tables {
    /// The contract's `servers`.
    pub servers: Value,
    /// The security schemes in use, by name.
    pub security_schemes: Map<String, Value>,
    /// The component schemas that are secrets (`x-dropstub-secret`).
    pub secrets: Vec<String>,
    /// The component schemas as the validator enforces them.
    pub schemas: Map<String, Value>,
    /// The operations.
    pub operations: Vec<OperationTable>,
}

/// The table of an operation.
#[derive(Debug, Clone, Deserialize)]
pub struct OperationTable {
    /// The operation id.
    #[serde(rename = "operation_id")]
    pub id: String,
    /// The method, in upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The security requirement.
    pub security: Value,
    /// The scopes that the caller needs.
    pub required_scopes: Option<Vec<String>>,
    /// The name of the case in which the scopes are not needed.
    pub scope_exemption: Option<String>,
    /// The status of an invalid request, if it is not 422.
    pub invalid_status: Option<u16>,
    /// Whether an undocumented query parameter is invalid.
    pub strict_query: bool,
    /// Whether a repeated request receives the stored response.
    pub idempotent: bool,
    /// The parameters.
    pub parameters: Vec<ParameterTable>,
    /// The request body.
    pub request_body: Option<BodyTable>,
    /// The documented responses.
    pub responses: Vec<ResponseTable>,
}

/// The table of a parameter.
#[derive(Debug, Clone, Deserialize)]
pub struct ParameterTable {
    /// The name.
    pub name: String,
    /// `path`, `query` or `header`.
    #[serde(rename = "in")]
    pub location: String,
    /// Whether it is required.
    pub required: bool,
    /// The serialization style.
    pub style: String,
    /// Whether lists are exploded.
    pub explode: bool,
    /// The schema that the validator enforces.
    pub schema: Value,
}

/// The table of a request body.
#[derive(Debug, Clone, Deserialize)]
pub struct BodyTable {
    /// Whether it is required.
    pub required: bool,
    /// The size limit in bytes.
    pub max_bytes: Option<u64>,
    /// The media type.
    pub media_type: String,
    /// The schema that the validator enforces.
    pub schema: Value,
}

/// The table of a response.
#[derive(Debug, Clone, Deserialize)]
pub struct ResponseTable {
    /// The key in `responses`: `200`, `4XX` or `default`.
    pub status: String,
    /// The media type of the body.
    pub media_type: Option<String>,
    /// The headers.
    pub headers: Vec<HeaderTable>,
    /// The links.
    pub links: Value,
}

/// The table of a response header.
#[derive(Debug, Clone, Deserialize)]
pub struct HeaderTable {
    /// The name.
    pub name: String,
    /// Whether every response has it.
    pub required: bool,
    /// Whether admission control sets it.
    pub admission: bool,
    /// The schema of its value.
    pub schema: Value,
}
