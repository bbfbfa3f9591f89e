//! What the compiled stub says of itself, as it prints it.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Both halves of the account.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// The document that dropshot emits from the compiled types.
    pub document: Value,
    /// What the glue runs on, and what dropshot cannot emit.
    pub stub: Tables,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Tables {
    pub servers: Value,
    pub security_schemes: Map<String, Value>,
    /// The component schemas with `x-secret: true`.
    pub secrets: Vec<String>,
    /// The components that the validator knows, as schemas of what it enforces.
    pub schemas: Map<String, Value>,
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Operation {
    #[serde(rename = "operation_id")]
    pub id: String,
    pub method: String,
    pub path: String,
    pub security: Value,
    pub required_scopes: Option<Vec<String>>,
    pub scope_exemption: Option<String>,
    pub invalid_status: Option<u16>,
    pub parameters: Vec<Parameter>,
    pub request_body: Option<RequestBody>,
    pub responses: Vec<Response>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "in")]
    pub location: String,
    pub required: bool,
    pub style: String,
    pub explode: bool,
    pub schema: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub struct RequestBody {
    pub required: bool,
    pub max_bytes: Option<u64>,
    pub media_type: String,
    pub schema: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Response {
    /// As a key of `responses`: `200`, `4XX` or `default`.
    pub status: String,
    pub media_type: Option<String>,
    pub headers: Vec<Header>,
    pub links: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    pub name: String,
    pub required: bool,
    pub gate: bool,
    pub schema: Value,
}
