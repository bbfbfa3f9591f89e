//! rotateApiToken.

use aether_tests::{Response, Server, Token};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
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
    ended_token_stays_expired_when_clock_steps_back,
);

async fn rotate(server: &Server, id: Uuid, body: &Value) -> Response {
    server.send(server.post(&server.rotate_path(id)).json(body)).await
}

fn secret(issued: &Value) -> String {
    Token::from_json(issued).secret
}

async fn rotation_without_grace_period_ends_predecessor() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let response = rotate(&server, token.id, &json!({})).await.expect(201);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(!server.accepts(&token.secret).await);
    assert!(server.accepts(&secret(&response.json())).await);
    let predecessor = server.record(token.id).await;
    assert_eq!(predecessor["rotated_to"], response.json()["id"]);
    assert_eq!(predecessor["revoked_at"], Value::Null);
}

async fn both_tokens_are_accepted_during_grace_period() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let successor = rotate(&server, token.id, &json!({"grace_seconds": 3600})).await.expect(201).json();
    assert!(server.accepts(&token.secret).await && server.accepts(&secret(&successor)).await);
    let predecessor = server.record(token.id).await;
    let expires_at: DateTime<Utc> = predecessor["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((Utc::now() + Duration::seconds(3600) - expires_at).abs() < Duration::seconds(30), "{expires_at}");
    server.expire(token.id);
    assert!(!server.accepts(&token.secret).await && server.accepts(&secret(&successor)).await);
    // The use of a rotated token is a refusal.
    let events = server.refusals(1).await;
    let event = &events[0];
    assert_eq!((&event["reason"], &event["token_id"]), (&json!("rotated"), &json!(token.id)));
}

async fn successor_has_attributes_of_predecessor() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x", "y:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let created = server.create(&body).await.expect(201).json();
    let id = Token::from_json(&created).id;
    let successor = rotate(&server, id, &json!({"grace_seconds": 60})).await.expect(201).json();
    for field in ["name", "scopes", "expires_at", "org_id"] {
        assert_eq!(successor[field], created[field], "{field}");
    }
    for field in ["id", "token", "prefix"] {
        assert_ne!(successor[field], created[field], "{field}");
    }
    let successor = server.record(Token::from_json(&successor).id).await;
    assert_eq!(successor["created_by"], json!(server.owner.id));
}

async fn token_without_scopes_rotates_itself() {
    let server = Server::start().await;
    let (token, other) = (server.token(&[]).await, server.token(&[]).await);
    let rotate_as_token = |id| server.post(&server.rotate_path(id)).bearer_auth(&token.secret).json(&json!({}));
    let successor = server.send(rotate_as_token(token.id)).await.expect(201).json();
    assert!(server.accepts(&secret(&successor)).await);
    let response = server.send(rotate_as_token(other.id)).await.expect(403);
    let challenge = r#"Bearer error="insufficient_scope", scope="api-tokens:write""#;
    assert_eq!(response.header("www-authenticate"), Some(challenge));
    // The exemption requires the token's own organization in the path.
    let foreign = server.other_organization().await;
    let path = format!("/api/v1/organizations/{}/api-tokens/{}/rotate", foreign.id, token.id);
    server.send(server.post(&path).bearer_auth(&token.secret).json(&json!({}))).await.expect(404);
}

async fn self_rotation_requires_minimum_grace_period() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let rotate_itself = |body: Value| server.post(&server.rotate_path(token.id)).bearer_auth(&token.secret).json(&body);
    for grace in [0, 59] {
        let response = server.send(rotate_itself(json!({"grace_seconds": grace}))).await.expect(422);
        assert_eq!(response.problems(), ["grace_seconds/out_of_range"]);
    }
    server.send(rotate_itself(json!({}))).await.expect(201);
    assert!(server.accepts(&token.secret).await);
    let predecessor = server.record(token.id).await;
    let expires_at: DateTime<Utc> = predecessor["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((Utc::now() + Duration::seconds(300) - expires_at).abs() < Duration::seconds(30), "{expires_at}");
}

async fn grace_period_does_not_extend_expiry() {
    let server = Server::start().await;
    let soon = (Utc::now() + Duration::seconds(600)).to_rfc3339();
    let created = server.create(&json!({"name": "a", "expires_at": soon})).await.expect(201).json();
    let id = Token::from_json(&created).id;
    rotate(&server, id, &json!({"grace_seconds": 604_800})).await.expect(201);
    let predecessor = server.record(id).await;
    assert_eq!(predecessor["expires_at"], created["expires_at"]);
}

async fn rotation_of_stronger_token_is_rejected_with_403() {
    let server = Server::start().await;
    let body = |scopes: &[&str], expires_at: &str| json!({"name": "a", "scopes": scopes, "expires_at": expires_at});
    let (sooner, later) = ("2100-01-01T00:00:00Z", "2100-01-02T00:00:00Z");
    let caller = server.create(&body(&["api-tokens:write", "x:*"], sooner)).await.expect(201).json();
    let caller = Token::from_json(&caller);
    for (scopes, expires_at, expected) in
        [(&["x:a"], sooner, 201), (&["x:a"], later, 403), (&["y"], sooner, 403), (&["*"], later, 403)]
    {
        let target = server.create(&body(scopes, expires_at)).await.expect(201).json();
        let target = Token::from_json(&target);
        let request = server.post(&server.rotate_path(target.id)).bearer_auth(&caller.secret).json(&json!({}));
        let response = server.send(request).await.expect(expected);
        if expected == 403 {
            assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
            assert!(server.accepts(&target.secret).await, "the target is unchanged");
        }
    }
    let without_expiry = server.token(&["x:a"]).await;
    let request = server.post(&server.rotate_path(without_expiry.id)).bearer_auth(&caller.secret).json(&json!({}));
    server.send(request).await.expect(403);
}

async fn rotation_of_inactive_token_is_rejected_with_409() {
    let server = Server::start().await;
    let (rotated, revoked, expired) = (server.token(&[]).await, server.token(&[]).await, server.token(&[]).await);
    rotate(&server, rotated.id, &json!({"grace_seconds": 60})).await.expect(201);
    server.revoke(revoked.id).await;
    server.expire(expired.id);
    let rotated_and_over = server.token(&[]).await;
    rotate(&server, rotated_and_over.id, &json!({})).await.expect(201);
    let rotated_and_revoked = server.token(&[]).await;
    rotate(&server, rotated_and_revoked.id, &json!({"grace_seconds": 60})).await.expect(201);
    server.revoke(rotated_and_revoked.id).await;
    for (id, code, message) in [
        (rotated.id, "token_rotated", "The token has been rotated."),
        (rotated_and_over.id, "token_rotated", "The token has been rotated."),
        (revoked.id, "token_revoked", "The token is revoked."),
        (rotated_and_revoked.id, "token_revoked", "The token is revoked."),
        (expired.id, "token_expired", "The token is expired."),
    ] {
        let response = rotate(&server, id, &json!({})).await.expect(409);
        assert_eq!(response.json()["error"], json!({"code": code, "message": message}));
        assert_eq!(response.header("retry-after"), None, "the response is final");
    }
    let foreign = server.other_organization().await;
    for id in [Uuid::now_v7(), foreign.owner.id] {
        rotate(&server, id, &json!({})).await.expect(404);
    }
}

async fn invalid_grace_period_is_rejected_with_422() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    for (body, expected) in [
        (json!({"grace_seconds": -1}), "grace_seconds/out_of_range"),
        (json!({"grace_seconds": 604_801}), "grace_seconds/out_of_range"),
        (json!({"grace_seconds": "1"}), "grace_seconds/invalid_type"),
        (json!({"grace_seconds": null}), "grace_seconds/invalid_type"),
        (json!({"grace": 1}), "grace/unknown_field"),
    ] {
        assert_eq!(rotate(&server, token.id, &body).await.expect(422).problems(), [expected], "{body}");
    }
    let without_body = server.post(&server.rotate_path(token.id)).header("content-type", "application/json");
    assert_eq!(server.send(without_body).await.expect(422).problems(), ["body/required"]);
}

async fn descendants_include_successor_of_self_rotation() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let rotate = server.post(&server.rotate_path(token.id)).bearer_auth(&token.secret).json(&json!({}));
    let successor = server.send(rotate).await.expect(201).json();
    server.revoke_with_descendants(token.id).await;
    assert!(!server.accepts(&token.secret).await && !server.accepts(&secret(&successor)).await);
}

/// A clock that steps back is simulated by an expiry that moves to the future.
async fn ended_token_stays_expired_when_clock_steps_back() {
    let server = Server::start().await;
    let postpone = |id: Uuid| {
        let sql = "UPDATE api_tokens SET expires_at = expires_at + 100000000 WHERE id = ?";
        assert_eq!(server.database().execute(sql, [id]).unwrap(), 1);
    };
    let rotated = server.token(&[]).await;
    rotate(&server, rotated.id, &json!({})).await.expect(201);
    // A 409 tells that a token is expired, and so does the 409 that its grace period is over.
    let expired = server.token(&[]).await;
    server.expire(expired.id);
    rotate(&server, expired.id, &json!({})).await.expect(409);
    let graced = server.token(&[]).await;
    rotate(&server, graced.id, &json!({"grace_seconds": 60})).await.expect(201);
    let rename = || server.send(server.put(&server.token_path(graced.id)).json(&json!({"name": "b"})));
    rename().await.expect(200);
    server.expire(graced.id);
    assert_eq!(rename().await.expect(409).code(), "token_rotated");
    for token in [rotated, expired, graced] {
        postpone(token.id);
        assert!(!server.accepts(&token.secret).await);
        assert_eq!(server.record(token.id).await["state"], "expired");
    }
}
