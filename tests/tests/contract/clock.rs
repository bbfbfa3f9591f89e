//! A clock that steps back: an expiry that was reported is final. The step is simulated by an expiry that moves to the
//! future.

use aether_tests::{Response, Server};
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
    expired_token_stays_expired_after_clock_step_back,
    ended_token_stays_expired_when_clock_steps_back,
    reported_expiry_of_a_target_is_final,
    observed_expiry_is_reported_whatever_the_clock_shows,
);

async fn update(server: &Server, id: Uuid, body: &Value) -> Response {
    server.send(server.put(&server.token_path(id)).json(body)).await
}

async fn rotate(server: &Server, id: Uuid, body: &Value) -> Response {
    server.send(server.post(&server.rotate_path(id)).json(body)).await
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

/// Lists and introspections report an expiry that was reported before.
async fn observed_expiry_is_reported_whatever_the_clock_shows() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.expire(token.id);
    let introspect = || server.post("/api/v1/introspect").form(&[("token", &token.secret)]);
    assert_eq!(server.send(introspect()).await.expect(200).json(), json!({"active": false}));
    server.unexpire(token.id);
    assert_eq!(server.send(introspect()).await.expect(200).json(), json!({"active": false}));
    let expired = server.list("state=expired").await;
    assert_eq!(expired.iter().map(|item| item["id"].clone()).collect::<Vec<_>>(), [json!(token.id)]);
    // Introspection records no refusals.
    assert!(server.all_events().await.iter().all(|event| event["action"] != "api_token.refused"));
}
