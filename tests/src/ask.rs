//! A request of every operation that is right in all but, perhaps, its credential: for the tests that go through all of
//! them. An operation that is not known here fails them.

use reqwest::RequestBuilder;
use serde_json::json;
use uuid::Uuid;

use crate::Server;
use crate::contract::Operation;

/// The token that an operation is to be about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub id: Uuid,
    pub token: &'a str,
}

/// The request, without a credential.
pub fn about(server: &Server, operation: &Operation, about: About<'_>) -> RequestBuilder {
    let path =
        operation.path.replace("{orgID}", &server.organization.to_string()).replace("{tokenID}", &about.id.to_string());
    let request = server.anonymous(operation.method.clone(), &path);
    match operation.id.as_str() {
        "createApiToken" => request.json(&json!({"name": "made", "scopes": []})),
        "updateApiToken" => request.json(&json!({"name": "renamed"})),
        "rotateApiToken" => request.json(&json!({})),
        "introspectApiToken" => request.form(&[("token", about.token)]),
        "listApiTokens"
        | "getApiToken"
        | "revokeApiToken"
        | "getCurrentApiToken"
        | "revokeCurrentApiToken"
        | "authorizeRequest"
        | "listAuditEvents" => request,
        other => panic!("nobody has said how {other} is asked for; add it"),
    }
}
