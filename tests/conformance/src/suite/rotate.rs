//! rotateApiToken.

use crate::{Api, Response, Token, text};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

super::tests!(
    rotation_without_grace_period_ends_predecessor,
    both_tokens_are_accepted_during_grace_period,
    successor_has_attributes_of_predecessor,
    token_without_scopes_rotates_itself,
    self_rotation_requires_minimum_grace_period,
    grace_period_does_not_extend_expiry,
    rotation_of_stronger_token_is_rejected_with_403,
    rotation_of_inactive_token_is_rejected_with_409,
    invalid_grace_period_is_rejected_with_422,
    descendants_include_successor_of_self_rotation,
    absent_token_is_rejected_with_404,
    foreign_token_is_rejected_with_404 needs SecondOrganization,
    successor_is_a_token_of_the_caller_of_now,
    predecessor_and_successor_end_independently,
    content_precedes_the_state_of_the_token,
);

async fn rotate(api: &Api, id: Uuid, body: &Value) -> Response {
    api.send(api.post(&api.rotate_path(id)).json(body)).await
}

fn secret(issued: &Value) -> String {
    Token::from_json(issued).secret
}

async fn rotation_without_grace_period_ends_predecessor(api: Api) {
    let token = api.token(&["conformance:x"]).await;
    let response = rotate(&api, token.id, &json!({})).await.expect(201);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(!api.accepts(&token.secret).await);
    assert!(api.accepts(&secret(&response.json())).await);
    let predecessor = api.record(token.id).await;
    assert_eq!(predecessor["rotated_to"], response.json()["id"]);
    assert_eq!(predecessor["revoked_at"], Value::Null);
}

async fn both_tokens_are_accepted_during_grace_period(api: Api) {
    let token = api.token(&["conformance:x"]).await;
    let successor = rotate(&api, token.id, &json!({"grace_seconds": 600})).await.expect(201).json();
    assert!(api.accepts(&token.secret).await && api.accepts(&secret(&successor)).await);
    let predecessor = api.record(token.id).await;
    let expires_at: DateTime<Utc> = predecessor["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((api.now() + Duration::seconds(600) - expires_at).abs() < Duration::seconds(30), "{expires_at}");
    api.let_expire(token.id).await;
    assert!(!api.accepts(&token.secret).await && api.accepts(&secret(&successor)).await);
}

async fn successor_has_attributes_of_predecessor(api: Api) {
    let body = json!({"name": api.name("a"), "scopes": ["conformance:x", "conformance:y:*"], "expires_at": api.in_minutes(30)});
    let created = api.create(&body).await.expect(201).json();
    let id = Token::from_json(&created).id;
    let successor = rotate(&api, id, &json!({"grace_seconds": 60})).await.expect(201).json();
    for field in ["name", "scopes", "expires_at", "org_id"] {
        assert_eq!(successor[field], created[field], "{field}");
    }
    for field in ["id", "token", "prefix"] {
        assert_ne!(successor[field], created[field], "{field}");
    }
    let successor = api.record(Token::from_json(&successor).id).await;
    assert_eq!(successor["created_by"], json!(api.root.id));
}

async fn token_without_scopes_rotates_itself(api: Api) {
    let (token, other) = (api.token(&[]).await, api.token(&[]).await);
    let rotate_as_token = |id| api.post(&api.rotate_path(id)).bearer_auth(&token.secret).json(&json!({}));
    let successor = api.send(rotate_as_token(token.id)).await.expect(201).json();
    assert!(api.accepts(&secret(&successor)).await);
    let response = api.send(rotate_as_token(other.id)).await.expect(403);
    let challenge = r#"Bearer error="insufficient_scope", scope="api-tokens:write""#;
    assert_eq!(response.header("www-authenticate"), Some(challenge));
    // The exemption requires the token's own organization in the path.
    let path = format!("/api/v1/organizations/{}/api-tokens/{}/rotate", Uuid::now_v7(), token.id);
    api.send(api.post(&path).bearer_auth(&token.secret).json(&json!({}))).await.expect(404);
}

async fn self_rotation_requires_minimum_grace_period(api: Api) {
    let token = api.token(&[]).await;
    let rotate_itself = |body: Value| api.post(&api.rotate_path(token.id)).bearer_auth(&token.secret).json(&body);
    for grace in [0, 59] {
        let response = api.send(rotate_itself(json!({"grace_seconds": grace}))).await.expect(422);
        assert_eq!(response.problems(), ["grace_seconds/out_of_range"]);
    }
    api.send(rotate_itself(json!({}))).await.expect(201);
    assert!(api.accepts(&token.secret).await);
    let predecessor = api.record(token.id).await;
    let expires_at: DateTime<Utc> = predecessor["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((api.now() + Duration::seconds(300) - expires_at).abs() < Duration::seconds(30), "{expires_at}");
}

async fn grace_period_does_not_extend_expiry(api: Api) {
    let soon = (api.now() + Duration::seconds(600)).to_rfc3339();
    let created = api.create(&json!({"name": api.name("a"), "expires_at": soon})).await.expect(201).json();
    let id = Token::from_json(&created).id;
    rotate(&api, id, &json!({"grace_seconds": 604_800})).await.expect(201);
    let predecessor = api.record(id).await;
    assert_eq!(predecessor["expires_at"], created["expires_at"]);
}

async fn rotation_of_stronger_token_is_rejected_with_403(api: Api) {
    let body =
        |scopes: &[&str], expires_at: &str| json!({"name": api.name("a"), "scopes": scopes, "expires_at": expires_at});
    let (sooner, later) = (&*api.in_minutes(20), &*api.in_minutes(30));
    let caller = api.create(&body(&["api-tokens:write", "conformance:x:*"], sooner)).await.expect(201).json();
    let caller = Token::from_json(&caller);
    for (scopes, expires_at, expected) in [
        (&["conformance:x:a"], sooner, 201),
        (&["conformance:x:a"], later, 403),
        (&["conformance:y"], sooner, 403),
        (&["conformance:*"], later, 403),
    ] {
        let target = api.create(&body(scopes, expires_at)).await.expect(201).json();
        let target = Token::from_json(&target);
        let request = api.post(&api.rotate_path(target.id)).bearer_auth(&caller.secret).json(&json!({}));
        let response = api.send(request).await.expect(expected);
        if expected == 403 {
            assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
            assert!(api.accepts(&target.secret).await, "the target is unchanged");
        }
    }
    let without_expiry = api.token(&["conformance:x:a"]).await;
    let request = api.post(&api.rotate_path(without_expiry.id)).bearer_auth(&caller.secret).json(&json!({}));
    api.send(request).await.expect(403);
}

async fn rotation_of_inactive_token_is_rejected_with_409(api: Api) {
    let (rotated, revoked, expired) = (api.token(&[]).await, api.token(&[]).await, api.token(&[]).await);
    rotate(&api, rotated.id, &json!({"grace_seconds": 60})).await.expect(201);
    api.revoke(revoked.id).await;
    api.let_expire(expired.id).await;
    let rotated_and_over = api.token(&[]).await;
    rotate(&api, rotated_and_over.id, &json!({})).await.expect(201);
    let rotated_and_revoked = api.token(&[]).await;
    rotate(&api, rotated_and_revoked.id, &json!({"grace_seconds": 60})).await.expect(201);
    api.revoke(rotated_and_revoked.id).await;
    for (id, code) in [
        (rotated.id, "token_rotated"),
        (rotated_and_over.id, "token_rotated"),
        (revoked.id, "token_revoked"),
        (rotated_and_revoked.id, "token_revoked"),
        (expired.id, "token_expired"),
    ] {
        let response = rotate(&api, id, &json!({})).await.expect(409);
        assert_eq!(response.code(), code);
        assert_eq!(response.header("retry-after"), None, "the response is final");
    }
}

async fn absent_token_is_rejected_with_404(api: Api) {
    assert_eq!(rotate(&api, Uuid::now_v7(), &json!({})).await.expect(404).code(), "not_found");
}

async fn foreign_token_is_rejected_with_404(api: Api) {
    let foreign = api.other_token(&[]).await;
    rotate(&api, foreign.id, &json!({})).await.expect(404);
    let path = format!("/api/v1/organizations/{}/api-tokens/{}/rotate", api.other().id, foreign.id);
    api.send(api.post(&path).json(&json!({}))).await.expect(404);
    assert!(api.accepts(&foreign.secret).await, "nothing was rotated");
}

async fn invalid_grace_period_is_rejected_with_422(api: Api) {
    let token = api.token(&[]).await;
    for (body, expected) in [
        (json!({"grace_seconds": -1}), "grace_seconds/out_of_range"),
        (json!({"grace_seconds": 604_801}), "grace_seconds/out_of_range"),
        (json!({"grace_seconds": "1"}), "grace_seconds/invalid_type"),
        (json!({"grace_seconds": 60.5}), "grace_seconds/invalid_type"),
        (json!({"grace_seconds": null}), "grace_seconds/invalid_type"),
        (json!({"grace": 1}), "grace/unknown_field"),
    ] {
        assert_eq!(rotate(&api, token.id, &body).await.expect(422).problems(), [expected], "{body}");
    }
    let without_body = api.post(&api.rotate_path(token.id)).header("content-type", "application/json");
    assert_eq!(api.send(without_body).await.expect(422).problems(), ["body/required"]);
}

async fn descendants_include_successor_of_self_rotation(api: Api) {
    let token = api.token(&["conformance:x"]).await;
    let rotate = api.post(&api.rotate_path(token.id)).bearer_auth(&token.secret).json(&json!({}));
    let successor = api.send(rotate).await.expect(201).json();
    api.revoke_with_descendants(token.id).await;
    assert!(!api.accepts(&token.secret).await && !api.accepts(&secret(&successor)).await);
}

async fn successor_is_a_token_of_the_caller_of_now(api: Api) {
    let rotator = api.token(&["api-tokens:write", "conformance:x"]).await;
    let token = api.token(&["conformance:x"]).await;
    let request = api.post(&api.rotate_path(token.id)).bearer_auth(&rotator.secret);
    let issued = api.send(request.json(&json!({"grace_seconds": 30}))).await.expect(201).json();
    let (predecessor, successor) = (api.record(token.id).await, api.record(Token::from_json(&issued).id).await);
    assert_eq!(successor["created_by"], json!(rotator.id));
    assert_eq!(predecessor["created_by"], json!(api.root.id));
    assert_eq!(successor["created_at"], issued["created_at"]);
    assert!(text(&successor["created_at"]) > text(&predecessor["created_at"]));
    assert!(text(&issued["id"]) > token.id.to_string().as_str(), "ids have the order of creation");
}

async fn predecessor_and_successor_end_independently(api: Api) {
    let token = api.token(&[]).await;
    let issued = rotate(&api, token.id, &json!({"grace_seconds": 600})).await.expect(201).json();
    let successor = Token::from_json(&issued);
    let rename = api.put(&api.token_path(token.id)).json(&json!({"name": api.name("renamed")}));
    api.send(rename).await.expect(200);
    assert_eq!(api.record(successor.id).await["name"], issued["name"]);
    api.revoke(successor.id).await;
    assert!(api.accepts(&token.secret).await, "the predecessor is in its grace period");
    assert!(!api.accepts(&successor.secret).await);
}

/// The resource comes last.
async fn content_precedes_the_state_of_the_token(api: Api) {
    let (revoked, stronger) = (api.token(&[]).await, api.token(&["conformance:x"]).await);
    api.revoke(revoked.id).await;
    let caller = api.token(&["api-tokens:write"]).await;
    for id in [revoked.id, stronger.id, Uuid::now_v7()] {
        let update = api.put(&api.token_path(id)).json(&json!({"name": ""}));
        let rotate = api.post(&api.rotate_path(id)).json(&json!({"grace_seconds": -1}));
        for (request, problem) in [(update, "name/too_short"), (rotate, "grace_seconds/out_of_range")] {
            let response = api.send(request.bearer_auth(&caller.secret)).await.expect(422);
            assert_eq!(response.problems(), [problem]);
        }
    }
}
