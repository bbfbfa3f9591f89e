//! Every operation with every kind of credential. An unknown operation fails the test.

use aether_tests::contract::{CONTRACT, Operation};
use aether_tests::request::valid_request;
use aether_tests::{Response, Server, unknown_secret};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;

crate::tests!(
    every_credential_gets_expected_status_per_operation,
    rejected_credentials_get_identical_401_bodies,
    insufficient_scope_403_names_required_scopes,
    authentication_precedes_all_other_checks,
    expired_token_stays_expired_after_clock_step_back,
);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Malformed,
    Unknown,
    Revoked,
    Expired,
    OtherOrganization,
    WithoutScope,
    Valid,
}

const KINDS: [Kind; 8] = [
    Kind::None,
    Kind::Malformed,
    Kind::Unknown,
    Kind::Revoked,
    Kind::Expired,
    Kind::OtherOrganization,
    Kind::WithoutScope,
    Kind::Valid,
];

fn expected(operation: &Operation, kind: Kind) -> u16 {
    let success = operation.success().as_u16();
    // An operation on the caller's own token has no organization in its path, and requires no scope.
    let in_organization = operation.path.contains("{orgID}");
    match kind {
        Kind::None | Kind::Malformed | Kind::Unknown | Kind::Revoked | Kind::Expired => 401,
        Kind::OtherOrganization if in_organization => 404,
        Kind::WithoutScope if !operation.required_scopes.is_empty() => 403,
        Kind::OtherOrganization | Kind::WithoutScope | Kind::Valid => success,
    }
}

/// Sends a valid request with this credential. A GET targets the owner token; any other request targets a new token,
/// because it may end its target.
async fn send(server: &Server, operation: &Operation, credential: Option<&str>) -> Response {
    let target = if operation.method == Method::GET { server.owner.clone() } else { server.token(&[]).await };
    let mut request = valid_request(server, operation, &target);
    if let Some(credential) = credential {
        request = request.header(AUTHORIZATION, credential);
    }
    server.send(request).await
}

/// Returns an `Authorization` header of the given kind.
async fn credential(server: &Server, kind: Kind, operation: &Operation) -> Option<String> {
    let scopes: Vec<_> = operation.required_scopes.iter().map(String::as_str).collect();
    let secret = match kind {
        Kind::None => return None,
        Kind::Malformed => "aether_nonsense".to_owned(),
        Kind::Unknown => unknown_secret().await,
        Kind::Revoked => {
            let token = server.token(&scopes).await;
            server.revoke(token.id).await;
            token.secret
        }
        Kind::Expired => {
            let token = server.token(&scopes).await;
            server.expire(token.id);
            token.secret
        }
        Kind::OtherOrganization => server.other_organization().await.owner.secret,
        Kind::WithoutScope => server.token(&["unrelated"]).await.secret,
        Kind::Valid => server.token(&scopes).await.secret,
    };
    Some(format!("Bearer {secret}"))
}

async fn every_credential_gets_expected_status_per_operation() {
    let server = Server::start().await;
    for operation in &CONTRACT.operations {
        for kind in KINDS {
            let credential = credential(&server, kind, operation).await;
            let response = send(&server, operation, credential.as_deref()).await;
            assert_eq!(response.status.as_u16(), expected(operation, kind), "{} with {kind:?}", operation.id);
        }
    }
}

async fn rejected_credentials_get_identical_401_bodies() {
    let server = Server::start().await;
    for operation in &CONTRACT.operations {
        let anonymous = send(&server, operation, None).await.expect(401);
        assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
        let mut credentials = vec![
            "Bearer x".to_owned(),
            "bearer x y".to_owned(),
            format!("Bearer {}", server.owner.secret.to_uppercase()),
            format!("Bearer {}0", &server.owner.secret[..server.owner.secret.len() - 1]),
            format!("Bearer {}1", &server.owner.secret[..server.owner.secret.len() - 1]),
        ];
        for kind in [Kind::Malformed, Kind::Unknown, Kind::Revoked, Kind::Expired] {
            credentials.extend(credential(&server, kind, operation).await);
        }
        // One of the two mistyped secrets may be the valid one.
        for credential in
            credentials.iter().filter(|credential| **credential != format!("Bearer {}", server.owner.secret))
        {
            let response = send(&server, operation, Some(credential)).await.expect(401);
            assert_eq!(response.body, anonymous.body, "{credential}");
            assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#), "{credential}");
        }
        for without_token in ["Basic eDp5", "Bearer", "Bearer "] {
            let response = send(&server, operation, Some(without_token)).await.expect(401);
            assert_eq!(
                (response.body.as_slice(), response.header("www-authenticate")),
                (anonymous.body.as_slice(), Some("Bearer"))
            );
        }
    }
    let mixed_case = server.anonymous(Method::GET, "/api/v1/api-tokens/current");
    server.send(mixed_case.header(AUTHORIZATION, format!("bEaReR {}", server.owner.secret))).await.expect(200);
}

async fn insufficient_scope_403_names_required_scopes() {
    let server = Server::start().await;
    for operation in CONTRACT.operations.iter().filter(|operation| !operation.required_scopes.is_empty()) {
        let credential = credential(&server, Kind::WithoutScope, operation).await;
        let response = send(&server, operation, credential.as_deref()).await.expect(403);
        let challenge =
            format!(r#"Bearer error="insufficient_scope", scope="{}""#, operation.required_scopes.join(" "));
        assert_eq!(response.header("www-authenticate"), Some(challenge.as_str()));
        assert_eq!(response.code(), "insufficient_scope");
    }
}

// The order of the checks is credential, scope, organization, content. Only the first failure is reported.
async fn authentication_precedes_all_other_checks() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let weak = server.token(&["unrelated"]).await;
    let invalid = |path: &str| server.anonymous(Method::POST, path).header("content-type", "text/plain").body("{");
    let foreign_path = format!("/api/v1/organizations/{}/api-tokens", foreign.id);
    server.send(invalid(&foreign_path)).await.expect(401);
    server.send(invalid(&foreign_path).bearer_auth(&weak.secret)).await.expect(403);
    server.send(invalid(&foreign_path).bearer_auth(&server.owner.secret)).await.expect(404);
    server.send(invalid(&server.tokens_path()).bearer_auth(&server.owner.secret)).await.expect(415);
    // A malformed organization id is a problem of the content.
    let malformed = server.post("/api/v1/organizations/x/api-tokens").json(&json!({}));
    assert_eq!(server.send(malformed).await.expect(422).problems(), ["orgID/invalid_format", "name/required"]);
}

async fn expired_token_stays_expired_after_clock_step_back() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let current = || server.get_current(&token.secret);
    server.send(current()).await.expect(200);
    server.expire(token.id);
    server.send(current()).await.expect(401);
    // To a clock that stepped back, the expiry is in the future again.
    server.unexpire(token.id);
    server.send(current()).await.expect(401);
}
