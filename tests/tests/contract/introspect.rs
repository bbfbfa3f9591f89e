//! introspectApiToken: RFC 7662.

use aether_client::PresentedToken;
use aether_client::types::IntrospectionForm;
use aether_tests::{Server, eventually};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

crate::tests!(
    an_active_token_is_told,
    of_anything_else_nothing_is_said,
    the_form_is_read_as_rfc_7662_has_it,
    being_introspected_is_no_use,
    the_generated_client_introspects,
);

fn introspect(server: &Server, token: &str) -> RequestBuilder {
    server.post("/api/v1/introspect").form(&[("token", token)])
}

async fn an_active_token_is_told() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x", "y:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let token = server.create(&body).await.expect(201).json();
    let answer = server.send(introspect(&server, token["token"].as_str().unwrap())).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let created: chrono::DateTime<chrono::Utc> = token["created_at"].as_str().unwrap().parse().unwrap();
    let expected = json!({
        "active": true, "scope": "x y:*", "token_type": "Bearer", "exp": 4_102_444_800_i64,
        "iat": created.timestamp(), "sub": token["id"], "org_id": server.organization,
    });
    assert_eq!(answer.json(), expected);
    let plain = server.token(&[]).await;
    let told = server.send(introspect(&server, &plain.token)).await.expect(200).json();
    assert_eq!((&told["scope"], told.get("exp")), (&json!(""), None));
}

async fn of_anything_else_nothing_is_said() {
    let server = Server::start().await;
    let (revoked, expired) = (server.token(&[]).await, server.token(&[]).await);
    server.send(server.delete(&server.token_path(revoked.id))).await.expect(204);
    server.expire(expired.id);
    let foreign = server.other_organization().await.owner;
    let unknown = Server::start().await.owner.clone();
    let mistyped = server.owner.to_uppercase();
    for token in [&revoked.token, &expired.token, &foreign, &unknown, &mistyped, "x", "", " "] {
        let answer = server.send(introspect(&server, token)).await.expect(200);
        assert_eq!(answer.body, br#"{"active":false}"#);
    }
    // Once it is seen expired, it stays so.
    server.unexpire(expired.id);
    assert_eq!(server.send(introspect(&server, &expired.token)).await.expect(200).json(), json!({"active": false}));
    // That somebody asks about a token says nothing against it.
    assert!(server.events().await.iter().all(|event| event["action"] != "api_token.refused"));
}

async fn the_form_is_read_as_rfc_7662_has_it() {
    let server = Server::start().await;
    let form = |fields: Value| server.post("/api/v1/introspect").form(&fields);
    let told = form(json!({"token": server.owner, "token_type_hint": "refresh_token", "resource": "https://x"}));
    assert_eq!(server.send(told).await.expect(200).json()["active"], true);
    assert_eq!(server.send(form(json!({}))).await.expect(422).problems(), ["token/required"]);
    let twice = server.post("/api/v1/introspect").form(&[("token", "a"), ("token", "a")]);
    assert_eq!(server.send(twice).await.expect(422).problems(), ["token/duplicate"]);
    // A token in the query is never read.
    let query = server.post(&format!("/api/v1/introspect?token={}", server.owner)).form(&json!({}));
    server.send(query).await.expect(422);
    let json = server.post("/api/v1/introspect").json(&json!({"token": server.owner}));
    let answer = server.send(json).await.expect(415);
    assert_eq!(answer.json()["error"]["message"], "The body must be application/x-www-form-urlencoded.");
}

async fn being_introspected_is_no_use() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.send(introspect(&server, &token.token)).await.expect(200);
    server.send(introspect(&server, &token.token)).await.expect(200);
    // The owner's own uses are recorded in their order, and this one would have been among them.
    let other = server.token(&[]).await;
    server.send(server.get("/api/v1/api-tokens/current").bearer_auth(&other.token)).await.expect(200);
    eventually("the recorded use", async || {
        let found = server.send(server.get(&server.token_path(other.id))).await.json();
        found["last_used_at"].is_string().then_some(())
    })
    .await;
    assert_eq!(server.send(server.get(&server.token_path(token.id))).await.json()["last_used_at"], Value::Null);
}

async fn the_generated_client_introspects() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let form = IntrospectionForm::builder().token(PresentedToken::from(token.token.as_str()));
    let printed = format!("{:?}", IntrospectionForm::try_from(form.clone()).unwrap());
    assert!(!printed.contains(&token.token[15..]), "{printed}");
    let told = server.client().introspect_api_token().body(form).send().await.unwrap().into_inner();
    assert_eq!((told.active, told.sub, told.scope.as_deref()), (true, Some(token.id), Some("x")));
}
