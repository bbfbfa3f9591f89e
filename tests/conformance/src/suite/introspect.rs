//! introspectApiToken, according to RFC 7662.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{Api, text, unknown_secret};

super::tests!(
    active_token_is_described,
    inactive_token_is_only_reported_inactive,
    foreign_token_is_only_reported_inactive needs SecondOrganization,
    introspection_follows_every_change,
    form_is_parsed_according_to_rfc_7662,
    introspection_does_not_update_last_used_at,
);

fn introspect(api: &Api, secret: &str) -> RequestBuilder {
    api.post("/api/v1/introspect").form(&[("token", secret)])
}

async fn active_token_is_described(api: Api) {
    let expires_at = api.now() + TimeDelta::minutes(20);
    let body = json!({
        "name": api.name("a"), "scopes": ["conformance:x", "conformance:y:*"], "expires_at": expires_at.to_rfc3339(),
    });
    let token = api.create(&body).await.expect(201).json();
    let response = api.send(introspect(&api, text(&token["token"]))).await.expect(200);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let created: DateTime<Utc> = text(&token["created_at"]).parse().expect("a time");
    let expected = json!({
        "active": true, "scope": "conformance:x conformance:y:*", "token_type": "Bearer", "exp": expires_at.timestamp(),
        "iat": created.timestamp(), "sub": token["id"], "org_id": api.organization_id,
    });
    assert_eq!(response.json(), expected);
    let minimal = api.token(&[]).await;
    let response = api.send(introspect(&api, &minimal.secret)).await.expect(200).json();
    assert_eq!(response["scope"], "");
    // Without an expiry, there is no `exp`.
    assert_eq!(response.get("exp"), api.root_expires_at().map(|expiry| json!(expiry.timestamp())).as_ref());
}

async fn inactive_token_is_only_reported_inactive(api: Api) {
    let (revoked, expired, rotated) = (api.token(&[]).await, api.token(&[]).await, api.token(&[]).await);
    api.revoke(revoked.id).await;
    api.let_expire(expired.id).await;
    api.send(api.post(&api.rotate_path(rotated.id)).json(&json!({}))).await.expect(201);
    let (unknown, mistyped) = (unknown_secret(), api.root.secret.to_uppercase());
    let (padded, prefixed) = (format!(" {}", api.root.secret), format!("Bearer {}", api.root.secret));
    let inactive = [&revoked.secret, &expired.secret, &rotated.secret, &unknown, &mistyped, &padded, &prefixed];
    for secret in inactive.into_iter().map(String::as_str).chain(["x", "", " "]) {
        let response = api.send(introspect(&api, secret)).await.expect(200);
        assert_eq!(response.json(), json!({"active": false}));
    }
}

async fn foreign_token_is_only_reported_inactive(api: Api) {
    let foreign = api.other_token(&["conformance:x"]).await;
    assert_eq!(api.send(introspect(&api, &foreign.secret)).await.expect(200).json(), json!({"active": false}));
}

/// A response that a server keeps would accept a revoked token.
async fn introspection_follows_every_change(api: Api) {
    let token = api.token(&["conformance:x", "conformance:y"]).await;
    let introspected = async || api.send(introspect(&api, &token.secret)).await.expect(200).json();
    assert_eq!(introspected().await["scope"], "conformance:x conformance:y");
    let narrow = api.put(&api.token_path(token.id)).json(&json!({"scopes": ["conformance:y"]}));
    api.send(narrow).await.expect(200);
    assert_eq!(introspected().await["scope"], "conformance:y");
    api.revoke(token.id).await;
    assert_eq!(introspected().await, json!({"active": false}));
}

async fn form_is_parsed_according_to_rfc_7662(api: Api) {
    let form = |fields: Value| api.post("/api/v1/introspect").form(&fields);
    let extended = form(json!({"token": api.root.secret, "token_type_hint": "refresh_token", "resource": "https://x"}));
    assert_eq!(api.send(extended).await.expect(200).json()["active"], true);
    assert_eq!(api.send(form(json!({}))).await.expect(422).problems(), ["token/required"]);
    let twice = api.post("/api/v1/introspect").form(&[("token", "a"), ("token", "a")]);
    assert_eq!(api.send(twice).await.expect(422).problems(), ["token/duplicate"]);
    let charset = "application/x-www-form-urlencoded; charset=UTF-8";
    let with_charset = api.post("/api/v1/introspect").header("content-type", charset).body("token=x");
    assert_eq!(api.send(with_charset).await.expect(200).json(), json!({"active": false}));
    // A token in the query is ignored.
    let query = api.post(&format!("/api/v1/introspect?token={}", api.root.secret)).form(&json!({}));
    api.send(query).await.expect(422);
    let json = api.post("/api/v1/introspect").json(&json!({"token": api.root.secret}));
    api.send(json).await.expect(415);
}

async fn introspection_does_not_update_last_used_at(api: Api) {
    let token = api.token(&[]).await;
    api.send(introspect(&api, &token.secret)).await.expect(200);
    api.send(introspect(&api, &token.secret)).await.expect(200);
    // Uses are recorded in their order, so the introspections would be recorded before the use of another token.
    let other = api.token(&[]).await;
    api.send(api.get_current(&other.secret)).await.expect(200);
    api.wait_for_use(other.id).await;
    assert_eq!(api.record(token.id).await["last_used_at"], Value::Null);
}
