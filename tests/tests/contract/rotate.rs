//! rotateApiToken.

use aether_tests::{Answer, Server, eventually};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
    without_a_grace_only_the_successor_works,
    during_the_grace_both_work_and_after_it_only_the_successor,
    a_successor_is_what_its_predecessor_was,
    a_token_rotates_itself_without_any_scope,
    a_token_that_rotates_itself_has_time_to_ask_again,
    the_grace_prolongs_nothing,
    only_who_covers_and_outlives_a_token_may_rotate_it,
    what_is_over_is_not_rotated,
    the_grace_is_validated,
    a_leaked_token_that_rotated_itself_is_ended_with_its_successor,
);

async fn rotate(server: &Server, id: Uuid, body: &Value) -> Answer {
    server.send(server.post(&server.rotate_path(id)).json(body)).await
}

fn secret(issued: &Value) -> String {
    issued["token"].as_str().unwrap().to_owned()
}

async fn without_a_grace_only_the_successor_works() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let answer = rotate(&server, token.id, &json!({})).await.expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!server.is_live(&token.token).await);
    assert!(server.is_live(&secret(&answer.json())).await);
    let predecessor = server.send(server.get(&server.token_path(token.id))).await.expect(200).json();
    assert_eq!(predecessor["rotated_to"], answer.json()["id"]);
    assert_eq!(predecessor["revoked_at"], Value::Null);
}

async fn during_the_grace_both_work_and_after_it_only_the_successor() {
    let server = Server::start().await;
    let token = server.token(&["x"]).await;
    let successor = rotate(&server, token.id, &json!({"grace_seconds": 3600})).await.expect(201).json();
    assert!(server.is_live(&token.token).await && server.is_live(&secret(&successor)).await);
    let predecessor = server.send(server.get(&server.token_path(token.id))).await.expect(200).json();
    let over: DateTime<Utc> = predecessor["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((Utc::now() + Duration::seconds(3600) - over).abs() < Duration::seconds(30), "{over}");
    server.expire(token.id);
    assert!(!server.is_live(&token.token).await && server.is_live(&secret(&successor)).await);
    // That somebody still has the old one is worth knowing.
    let event = eventually("the event of the refusal", async || {
        let events = server.events().await;
        events.into_iter().find(|event| event["action"] == "api_token.refused")
    })
    .await;
    assert_eq!((&event["reason"], &event["token_id"]), (&json!("rotated"), &json!(token.id)));
}

async fn a_successor_is_what_its_predecessor_was() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x", "y:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let created = server.create(&body).await.expect(201).json();
    let id = created["id"].as_str().unwrap().parse().unwrap();
    let successor = rotate(&server, id, &json!({"grace_seconds": 60})).await.expect(201).json();
    for field in ["name", "scopes", "expires_at", "org_id"] {
        assert_eq!(successor[field], created[field], "{field}");
    }
    for field in ["id", "token", "prefix"] {
        assert_ne!(successor[field], created[field], "{field}");
    }
    let path = server.token_path(successor["id"].as_str().unwrap().parse().unwrap());
    let successor = server.send(server.get(&path)).await.expect(200).json();
    assert_eq!(successor["created_by"], json!(server.owner_id));
}

async fn a_token_rotates_itself_without_any_scope() {
    let server = Server::start().await;
    let (token, other) = (server.token(&[]).await, server.token(&[]).await);
    let own = |id| server.post(&server.rotate_path(id)).bearer_auth(&token.token).json(&json!({}));
    let successor = server.send(own(token.id)).await.expect(201).json();
    assert!(server.is_live(&secret(&successor)).await);
    let answer = server.send(own(other.id)).await.expect(403);
    let challenge = r#"Bearer error="insufficient_scope", scope="api-tokens:write""#;
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
    // Its own id in another organization's path is no way around.
    let foreign = server.other_organization().await;
    let path = format!("/api/v1/organizations/{}/api-tokens/{}/rotate", foreign.id, token.id);
    server.send(server.post(&path).bearer_auth(&token.token).json(&json!({}))).await.expect(404);
}

async fn a_token_that_rotates_itself_has_time_to_ask_again() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let own = |body: Value| server.post(&server.rotate_path(token.id)).bearer_auth(&token.token).json(&body);
    for grace in [0, 59] {
        let answer = server.send(own(json!({"grace_seconds": grace}))).await.expect(422);
        assert_eq!(answer.problems(), ["grace_seconds/out_of_range"]);
    }
    server.send(own(json!({}))).await.expect(201);
    assert!(server.is_live(&token.token).await);
    let predecessor = server.send(server.get(&server.token_path(token.id))).await.expect(200).json();
    let over: DateTime<Utc> = predecessor["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((Utc::now() + Duration::seconds(300) - over).abs() < Duration::seconds(30), "{over}");
}

async fn the_grace_prolongs_nothing() {
    let server = Server::start().await;
    let soon = (Utc::now() + Duration::seconds(600)).to_rfc3339();
    let created = server.create(&json!({"name": "a", "expires_at": soon})).await.expect(201).json();
    let id = created["id"].as_str().unwrap().parse().unwrap();
    rotate(&server, id, &json!({"grace_seconds": 604_800})).await.expect(201);
    let predecessor = server.send(server.get(&server.token_path(id))).await.expect(200).json();
    assert_eq!(predecessor["expires_at"], created["expires_at"]);
}

async fn only_who_covers_and_outlives_a_token_may_rotate_it() {
    let server = Server::start().await;
    let body = |scopes: &[&str], expires_at: &str| json!({"name": "a", "scopes": scopes, "expires_at": expires_at});
    let (sooner, later) = ("2100-01-01T00:00:00Z", "2100-01-02T00:00:00Z");
    let caller = server.create(&body(&["api-tokens:write", "x:*"], sooner)).await.expect(201).json();
    for (scopes, expires_at, expected) in
        [(&["x:a"], sooner, 201), (&["x:a"], later, 403), (&["y"], sooner, 403), (&["*"], later, 403)]
    {
        let target = server.create(&body(scopes, expires_at)).await.expect(201).json();
        let path = server.rotate_path(target["id"].as_str().unwrap().parse().unwrap());
        let request = server.post(&path).bearer_auth(secret(&caller)).json(&json!({}));
        let answer = server.send(request).await.expect(expected);
        if expected == 403 {
            assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
            assert!(server.is_live(&secret(&target)).await, "nothing happened to it");
        }
    }
    let forever = server.token(&["x:a"]).await;
    let request = server.post(&server.rotate_path(forever.id)).bearer_auth(secret(&caller)).json(&json!({}));
    server.send(request).await.expect(403);
}

async fn what_is_over_is_not_rotated() {
    let server = Server::start().await;
    let (rotated, revoked, expired) = (server.token(&[]).await, server.token(&[]).await, server.token(&[]).await);
    rotate(&server, rotated.id, &json!({"grace_seconds": 60})).await.expect(201);
    server.send(server.delete(&server.token_path(revoked.id))).await.expect(204);
    server.expire(expired.id);
    for (id, message) in [
        (rotated.id, "The token has been rotated."),
        (revoked.id, "The token is revoked."),
        (expired.id, "The token is expired."),
    ] {
        let answer = rotate(&server, id, &json!({})).await.expect(409);
        assert_eq!(answer.json()["error"], json!({"code": "conflict", "message": message}));
    }
    let foreign = server.other_organization().await;
    for id in [Uuid::now_v7(), foreign.owner_id] {
        rotate(&server, id, &json!({})).await.expect(404);
    }
}

async fn the_grace_is_validated() {
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
    let none = server.post(&server.rotate_path(token.id)).header("content-type", "application/json");
    assert_eq!(server.send(none).await.expect(422).problems(), ["body/required"]);
}

async fn a_leaked_token_that_rotated_itself_is_ended_with_its_successor() {
    let server = Server::start().await;
    let leaked = server.token(&["x"]).await;
    let own = server.post(&server.rotate_path(leaked.id)).bearer_auth(&leaked.token).json(&json!({}));
    let successor = server.send(own).await.expect(201).json();
    let all = format!("{}?descendants=true", server.token_path(leaked.id));
    server.send(server.delete(&all)).await.expect(204);
    assert!(!server.is_live(&leaked.token).await && !server.is_live(&secret(&successor)).await);
}
