//! updateApiToken.

use aether_tests::{Response, Server, Token};
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
    only_given_fields_are_changed,
    update_without_change_is_not_recorded,
    empty_scopes_differ_from_absent_scopes,
    broader_scopes_or_later_expiry_are_rejected_with_422,
    rule_violation_is_reported_by_field_and_code,
    update_of_uncovered_token_is_rejected_with_403,
    update_of_inactive_token_is_rejected_with_409,
    reported_expiry_of_a_target_is_final,
    narrowed_scopes_apply_immediately,
);

async fn update(server: &Server, id: Uuid, body: &Value) -> Response {
    server.send(server.put(&server.token_path(id)).json(body)).await
}

async fn only_given_fields_are_changed() {
    let server = Server::start().await;
    let created = server.create(&json!({"name": "a", "scopes": ["x", "y"]})).await.expect(201).json();
    let id = Token::from_json(&created).id;
    for (body, field, value) in [
        (json!({"name": "b"}), "name", json!("b")),
        (json!({"scopes": ["y"]}), "scopes", json!(["y"])),
        (json!({"expires_at": "2100-01-01T00:00:00+01:00"}), "expires_at", json!("2099-12-31T23:00:00.000Z")),
    ] {
        let mut expected = server.record(id).await;
        expected[field] = value;
        assert_eq!(update(&server, id, &body).await.expect(200).json(), expected, "{body}");
        assert_eq!(server.record(id).await, expected, "{body}");
    }
}

async fn update_without_change_is_not_recorded() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let before = server.record(token.id).await;
    for body in [json!({}), json!({"name": "test", "scopes": ["x"]})] {
        assert_eq!(update(&server, token.id, &body).await.expect(200).json(), before);
    }
    let events = server.events().await;
    assert!(events.iter().all(|event| event["action"] != "api_token.updated"), "no update is recorded");
}

async fn empty_scopes_differ_from_absent_scopes() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    assert_eq!(update(&server, token.id, &json!({"name": "b"})).await.expect(200).json()["scopes"], json!(["x"]));
    assert_eq!(update(&server, token.id, &json!({"scopes": []})).await.expect(200).json()["scopes"], json!([]));
}

async fn broader_scopes_or_later_expiry_are_rejected_with_422() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x:*", "y"], "expires_at": "2100-01-01T00:00:00Z"});
    let id = Token::from_json(&server.create(&body).await.expect(201).json()).id;
    let broader = json!({"scopes": ["x:a", "z", "*"], "expires_at": "2100-01-01T00:00:00.001Z"});
    // Not even the owner token can extend another token.
    let response = update(&server, id, &broader).await.expect(422);
    assert_eq!(response.problems(), ["scopes[1]/exceeds_grant", "scopes[2]/exceeds_grant", "expires_at/exceeds_grant"]);
    let narrower = json!({"scopes": ["x:a"], "expires_at": "2099-01-01T00:00:00Z"});
    update(&server, id, &narrower).await.expect(200);
    let original = json!({"scopes": ["x:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let response = update(&server, id, &original).await.expect(422);
    assert_eq!(response.problems(), ["scopes[0]/exceeds_grant", "expires_at/exceeds_grant"]);
}

async fn rule_violation_is_reported_by_field_and_code() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    for (body, expected) in [
        (json!({"expires_at": null}), "expires_at/invalid_type"),
        (json!({"expires_at": "tomorrow"}), "expires_at/invalid_format"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "expires_at/in_past"),
        (json!({"name": null}), "name/invalid_type"),
        (json!({"name": ""}), "name/too_short"),
        (json!({"name": "a\n"}), "name/invalid_format"),
        (json!({"name": "\u{200B}"}), "name/invalid_format"),
        (json!({"name": "\u{202E}evil"}), "name/invalid_format"),
        (json!({"name": "a\u{9F}"}), "name/invalid_format"),
        (json!({"scopes": null}), "scopes/invalid_type"),
        (json!({"scopes": ["x", "x"]}), "scopes[1]/duplicate"),
        (json!({"scopes": ["not ok"]}), "scopes[0]/invalid_format"),
        (json!({"scopes": ["x,y"]}), "scopes[0]/invalid_format"),
        (json!({"scope": []}), "scope/unknown_field"),
        (json!([]), "body/invalid_type"),
    ] {
        assert_eq!(update(&server, token.id, &body).await.expect(422).problems(), [expected], "{body}");
    }
}

async fn update_of_uncovered_token_is_rejected_with_403() {
    let server = Server::start().await;
    let caller = server.token(&["api-tokens:write", "deploy:*"]).await;
    let (weaker, stronger) = (server.token(&["deploy:eu"]).await, server.token(&["deploy:eu", "billing"]).await);
    let change = |id: Uuid| server.put(&server.token_path(id)).bearer_auth(&caller.secret).json(&json!({"name": "b"}));
    server.send(change(weaker.id)).await.expect(200);
    server.send(change(caller.id)).await.expect(200);
    // Cover is checked before the state of the target, so a revoked target gets the same response.
    for _ in 0..2 {
        let response = server.send(change(stronger.id)).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        server.revoke(stronger.id).await;
    }
    server.send(change(Uuid::now_v7())).await.expect(404);
    server.send(change(server.other_organization().await.owner.id)).await.expect(404);
}

async fn update_of_inactive_token_is_rejected_with_409() {
    let server = Server::start().await;
    let (revoked, expired, rotated) = (server.token(&[]).await, server.token(&[]).await, server.token(&["x"]).await);
    server.revoke(revoked.id).await;
    server.expire(expired.id);
    let rotate = server.post(&server.rotate_path(rotated.id)).json(&json!({"grace_seconds": 60}));
    server.send(rotate).await.expect(201);
    // In its grace period, the predecessor can still be narrowed.
    update(&server, rotated.id, &json!({"scopes": []})).await.expect(200);
    server.expire(rotated.id);
    for (id, code) in [(revoked.id, "token_revoked"), (expired.id, "token_expired"), (rotated.id, "token_rotated")] {
        let response = update(&server, id, &json!({"name": "b"})).await.expect(409);
        assert_eq!((response.code().as_str(), response.header("retry-after")), (code, None));
    }
    server.revoke(rotated.id).await;
    assert_eq!(update(&server, rotated.id, &json!({"name": "b"})).await.expect(409).code(), "token_revoked");
}

async fn narrowed_scopes_apply_immediately() {
    let server = Server::start().await;
    let token = server.token(&["api-tokens:read", "api-tokens:write"]).await;
    let list = || server.get(&server.tokens_path()).bearer_auth(&token.secret);
    server.send(list()).await.expect(200);
    // A token needs the scope to change itself, but no cover.
    let narrow = server.put(&server.token_path(token.id)).bearer_auth(&token.secret);
    server.send(narrow.json(&json!({"scopes": ["api-tokens:write"]}))).await.expect(200);
    server.send(list()).await.expect(403);
}

/// A 409 is not taken back when the clock steps back. Rotated predecessors end in the same way.
async fn reported_expiry_of_a_target_is_final() {
    let server = Server::start().await;
    for (is_rotated, code) in [(false, "token_expired"), (true, "token_rotated")] {
        for operation in ["update", "rotate"] {
            let target = server.token(&[]).await;
            if is_rotated {
                let grace = json!({"grace_seconds": 600});
                server.send(server.post(&server.rotate_path(target.id)).json(&grace)).await.expect(201);
            }
            let change = async || match operation {
                "update" => update(&server, target.id, &json!({"name": "b"})).await,
                _ => server.send(server.post(&server.rotate_path(target.id)).json(&json!({}))).await,
            };
            server.expire(target.id);
            // A look-up reports the state and does not record it.
            assert_eq!(server.record(target.id).await["state"], "expired");
            server.unexpire(target.id);
            assert_eq!(server.record(target.id).await["state"], "active");
            server.expire(target.id);
            assert_eq!(change().await.expect(409).code(), code);
            server.unexpire(target.id);
            assert_eq!(change().await.expect(409).code(), code, "{operation}");
            assert_eq!(server.record(target.id).await["state"], "expired");
            assert!(!server.accepts(&target.secret).await);
        }
    }
}
