//! Valid requests of every operation, for tests that cover all of them. An unknown operation fails these tests.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::contract::Operation;
use crate::{Api, Token};

/// Builds a valid request that targets a token. It has no credential.
pub fn valid_request(api: &Api, operation: &Operation, target: &Token) -> RequestBuilder {
    let request = api.anonymous(operation.method.clone(), &api.expand_path(&operation.path, target.id));
    match operation.id.as_str() {
        "createApiToken" => request.json(&json!({"name": api.name("created"), "scopes": []})),
        "updateApiToken" => request.json(&json!({"name": api.name("renamed")})),
        "rotateApiToken" => request.json(&json!({})),
        "introspectApiToken" => request.form(&[("token", &target.secret)]),
        "listApiTokens"
        | "getApiToken"
        | "revokeApiToken"
        | "getCurrentApiToken"
        | "revokeCurrentApiToken"
        | "authorizeRequest"
        | "listAuditEvents" => request,
        other => panic!("no valid request is defined for {other}"),
    }
}
