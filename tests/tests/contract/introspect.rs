//! introspectApiToken, according to RFC 7662.

use aether_tests::{Server, unknown_secret};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

crate::tests!(
    active_token_is_described,
    inactive_or_foreign_token_is_only_reported_inactive,
    form_is_parsed_according_to_rfc_7662,
    introspection_does_not_update_last_used_at,
);

fn introspect(server: &Server, secret: &str) -> RequestBuilder {
    server.post("/api/v1/introspect").form(&[("token", secret)])
}

async fn active_token_is_described() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x", "y:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let token = server.create(&body).await.expect(201).json();
    let response = server.send(introspect(&server, token["token"].as_str().unwrap())).await.expect(200);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let created: chrono::DateTime<chrono::Utc> = token["created_at"].as_str().unwrap().parse().unwrap();
    let expected = json!({
        "active": true, "scope": "x y:*", "token_type": "Bearer", "exp": 4_102_444_800_i64,
        "iat": created.timestamp(), "sub": token["id"], "org_id": server.organization_id,
    });
    assert_eq!(response.json(), expected);
    let minimal = server.token(&[]).await;
    let response = server.send(introspect(&server, &minimal.secret)).await.expect(200).json();
    assert_eq!((&response["scope"], response.get("exp")), (&json!(""), None));
}

async fn inactive_or_foreign_token_is_only_reported_inactive() {
    let server = Server::start().await;
    let (revoked, expired) = (server.token(&[]).await, server.token(&[]).await);
    server.revoke(revoked.id).await;
    server.expire(expired.id);
    let foreign = server.other_organization().await.owner.secret;
    let unknown = unknown_secret().await;
    let mistyped = server.owner.secret.to_uppercase();
    for secret in [&revoked.secret, &expired.secret, &foreign, &unknown, &mistyped, "x", "", " "] {
        let response = server.send(introspect(&server, secret)).await.expect(200);
        assert_eq!(response.body, br#"{"active":false}"#);
    }
    // An observed expiry is final.
    server.unexpire(expired.id);
    assert_eq!(server.send(introspect(&server, &expired.secret)).await.expect(200).json(), json!({"active": false}));
    // Introspection records no refusals.
    assert!(server.events().await.iter().all(|event| event["action"] != "api_token.refused"));
}

async fn form_is_parsed_according_to_rfc_7662() {
    let server = Server::start().await;
    let form = |fields: Value| server.post("/api/v1/introspect").form(&fields);
    let extended =
        form(json!({"token": server.owner.secret, "token_type_hint": "refresh_token", "resource": "https://x"}));
    assert_eq!(server.send(extended).await.expect(200).json()["active"], true);
    assert_eq!(server.send(form(json!({}))).await.expect(422).problems(), ["token/required"]);
    let twice = server.post("/api/v1/introspect").form(&[("token", "a"), ("token", "a")]);
    assert_eq!(server.send(twice).await.expect(422).problems(), ["token/duplicate"]);
    // A token in the query is ignored.
    let query = server.post(&format!("/api/v1/introspect?token={}", server.owner.secret)).form(&json!({}));
    server.send(query).await.expect(422);
    let json = server.post("/api/v1/introspect").json(&json!({"token": server.owner.secret}));
    let response = server.send(json).await.expect(415);
    assert_eq!(response.json()["error"]["message"], "The body must be application/x-www-form-urlencoded.");
}

async fn introspection_does_not_update_last_used_at() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.send(introspect(&server, &token.secret)).await.expect(200);
    server.send(introspect(&server, &token.secret)).await.expect(200);
    // Uses are recorded in their order, so the introspections would be recorded before the use of another token.
    let other = server.token(&[]).await;
    server.send(server.get_current(&other.secret)).await.expect(200);
    server.wait_for_use(other.id).await;
    assert_eq!(server.record(token.id).await["last_used_at"], Value::Null);
}
