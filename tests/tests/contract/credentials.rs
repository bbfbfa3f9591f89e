//! Every operation with every kind of credential, as one table. The table is total: an operation that it does not know
//! fails the test.

use aether_tests::ask::{About, about};
use aether_tests::contract::{CONTRACT, Operation};
use aether_tests::{Answer, Server};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;

crate::tests!(
    every_operation_with_every_credential,
    the_401_is_the_same_in_all_its_causes,
    the_403_names_the_scopes_that_are_needed,
    credentials_come_before_everything_else,
    an_expired_token_stays_expired,
);

/// The kinds of credential, and what an operation answers to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Malformed,
    Unknown,
    Revoked,
    Expired,
    OtherOrganization,
    WithoutScope,
    Right,
}

const KINDS: [Kind; 8] = [
    Kind::None,
    Kind::Malformed,
    Kind::Unknown,
    Kind::Revoked,
    Kind::Expired,
    Kind::OtherOrganization,
    Kind::WithoutScope,
    Kind::Right,
];

fn expected(operation: &Operation, kind: Kind) -> u16 {
    let success = operation.success().as_u16();
    // An operation on the token in hand is not in any organization's path, and needs no scope.
    let of_an_organization = operation.path.contains("{orgID}");
    match kind {
        Kind::None | Kind::Malformed | Kind::Unknown | Kind::Revoked | Kind::Expired => 401,
        Kind::OtherOrganization if of_an_organization => 404,
        Kind::WithoutScope if !operation.required_scopes.is_empty() => 403,
        Kind::OtherOrganization | Kind::WithoutScope | Kind::Right => success,
    }
}

/// A request that is right in all but, perhaps, its credential. It is about a token of its own, or about the owner where
/// that can be asked about again and again.
async fn request(server: &Server, operation: &Operation, credential: Option<&str>) -> Answer {
    let made;
    let subject = if operation.method == Method::GET {
        About { id: server.owner_id, token: &server.owner }
    } else {
        made = server.token(&[]).await;
        About { id: made.id, token: &made.token }
    };
    let mut request = about(server, operation, subject);
    if let Some(credential) = credential {
        request = request.header(AUTHORIZATION, credential);
    }
    server.send(request).await
}

/// An `Authorization` header of the given kind.
async fn credential(server: &Server, kind: Kind, operation: &Operation) -> Option<String> {
    let scopes: Vec<_> = operation.required_scopes.iter().map(String::as_str).collect();
    let token = match kind {
        Kind::None => return None,
        Kind::Malformed => "aether_nonsense".to_owned(),
        // Well-formed, and never issued: it comes from a server with another database.
        Kind::Unknown => Server::start().await.owner.clone(),
        Kind::Revoked => {
            let token = server.token(&scopes).await;
            server.send(server.delete(&server.token_path(token.id))).await.expect(204);
            token.token
        }
        Kind::Expired => {
            let token = server.token(&scopes).await;
            server.expire(token.id);
            token.token
        }
        Kind::OtherOrganization => server.other_organization().await.owner,
        Kind::WithoutScope => server.token(&["unrelated"]).await.token,
        Kind::Right => server.token(&scopes).await.token,
    };
    Some(format!("Bearer {token}"))
}

async fn every_operation_with_every_credential() {
    let server = Server::start().await;
    for operation in &CONTRACT.operations {
        for kind in KINDS {
            let credential = credential(&server, kind, operation).await;
            let answer = request(&server, operation, credential.as_deref()).await;
            assert_eq!(answer.status.as_u16(), expected(operation, kind), "{} with {kind:?}", operation.id);
        }
    }
}

async fn the_401_is_the_same_in_all_its_causes() {
    let server = Server::start().await;
    for operation in &CONTRACT.operations {
        let none = request(&server, operation, None).await.expect(401);
        assert_eq!(none.header("www-authenticate"), Some("Bearer"));
        let mut sent = vec![
            "Bearer x".to_owned(),
            "bearer x y".to_owned(),
            format!("Bearer {}", server.owner.to_uppercase()),
            format!("Bearer {}0", &server.owner[..server.owner.len() - 1]),
            format!("Bearer {}1", &server.owner[..server.owner.len() - 1]),
        ];
        for kind in [Kind::Malformed, Kind::Unknown, Kind::Revoked, Kind::Expired] {
            sent.extend(credential(&server, kind, operation).await);
        }
        // One of the two mistyped ones may be the right one.
        for credential in sent.iter().filter(|credential| **credential != format!("Bearer {}", server.owner)) {
            let answer = request(&server, operation, Some(credential)).await.expect(401);
            assert_eq!(answer.body, none.body, "{credential}");
            assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#), "{credential}");
        }
        for no_token in ["Basic eDp5", "Bearer", "Bearer "] {
            let answer = request(&server, operation, Some(no_token)).await.expect(401);
            assert_eq!(
                (answer.body.as_slice(), answer.header("www-authenticate")),
                (none.body.as_slice(), Some("Bearer"))
            );
        }
    }
    let lower = server.anonymous(Method::GET, "/api/v1/api-tokens/current");
    server.send(lower.header(AUTHORIZATION, format!("bEaReR {}", server.owner))).await.expect(200);
}

async fn the_403_names_the_scopes_that_are_needed() {
    let server = Server::start().await;
    for operation in CONTRACT.operations.iter().filter(|operation| !operation.required_scopes.is_empty()) {
        let credential = credential(&server, Kind::WithoutScope, operation).await;
        let answer = request(&server, operation, credential.as_deref()).await.expect(403);
        let challenge =
            format!(r#"Bearer error="insufficient_scope", scope="{}""#, operation.required_scopes.join(" "));
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
        assert_eq!(answer.code(), "insufficient_scope");
    }
}

/// Credentials, then scope, then organization, then content, each hiding the next.
async fn credentials_come_before_everything_else() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let weak = server.token(&["unrelated"]).await;
    let bad = |path: &str| server.anonymous(Method::POST, path).header("content-type", "text/plain").body("{");
    let elsewhere = format!("/api/v1/organizations/{}/api-tokens", foreign.id);
    server.send(bad(&elsewhere)).await.expect(401);
    server.send(bad(&elsewhere).bearer_auth(&weak.token)).await.expect(403);
    server.send(bad(&elsewhere).bearer_auth(&server.owner)).await.expect(404);
    server.send(bad(&server.tokens_path()).bearer_auth(&server.owner)).await.expect(415);
    // A malformed organization is nobody's, so it is one problem of the content.
    let malformed = server.post("/api/v1/organizations/x/api-tokens").json(&json!({}));
    assert_eq!(server.send(malformed).await.expect(422).problems(), ["orgID/invalid_format", "name/required"]);
}

/// A clock that steps back does not revive a token that was seen expired.
async fn an_expired_token_stays_expired() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let current = || server.get("/api/v1/api-tokens/current").bearer_auth(&token.token);
    server.send(current()).await.expect(200);
    server.expire(token.id);
    server.send(current()).await.expect(401);
    // What the database looks like to a clock that has stepped back by a century.
    server.unexpire(token.id);
    server.send(current()).await.expect(401);
}
