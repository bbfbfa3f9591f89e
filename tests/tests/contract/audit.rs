//! listAuditEvents, and the recorded events.

use aether_tests::Server;
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
    every_change_is_recorded_with_actor_and_origin,
    refusals_of_a_token_are_recorded_once_a_minute,
    revoked_descendants_are_recorded_individually,
    pages_contain_each_event_once_oldest_first,
    user_agent_is_truncated_and_redacted,
    events_of_other_organizations_are_not_listed,
    invalid_limit_or_cursor_is_rejected_with_422,
);

/// Returns the action, the target and the actor of an event.
fn summary(event: &Value) -> (&str, &Value, &Value) {
    (event["action"].as_str().unwrap(), &event["token_id"], &event["actor_id"])
}

async fn every_change_is_recorded_with_actor_and_origin() {
    let server = Server::start().await;
    let creator = server.token(&["api-tokens:write"]).await;
    let child = server.token_by(&creator, &[]).await;
    let path = server.token_path(child.id);
    let update = server.put(&path).bearer_auth(&creator.secret).header("user-agent", "curl/8");
    let updated = server.send(update.json(&json!({"name": "secret plans", "scopes": []}))).await.expect(200);
    let rotate = server.post(&server.rotate_path(child.id)).json(&json!({"grace_seconds": 60}));
    let successor = server.send(rotate).await.expect(201).json()["id"].clone();
    server.send(server.delete(&path)).await.expect(204);
    server.send(server.delete(&path)).await.expect(204);

    let events = server.events().await;
    let (owner, creator, child) = (&json!(server.owner.id), &json!(creator.id), &json!(child.id));
    assert_eq!(
        events.iter().map(summary).collect::<Vec<_>>(),
        [
            ("api_token.created", owner, &Value::Null),
            ("api_token.created", creator, owner),
            ("api_token.created", child, creator),
            ("api_token.updated", child, creator),
            ("api_token.rotated", child, owner),
            ("api_token.created", &successor, owner),
            ("api_token.revoked", child, owner),
        ]
    );
    let update = &events[3];
    assert_eq!(update["changed"], json!(["name"]), "empty scopes stay empty");
    assert_eq!(update["address"], "127.0.0.1");
    assert_eq!(update["user_agent"], "curl/8");
    assert_eq!(update["request_id"].as_str(), updated.header("x-request-id"));
    assert_eq!(events[4]["successor_id"], successor);
    assert_eq!(events[0]["address"], Value::Null, "the owner token was created on the server's machine");
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("secret plans"), "events contain no names");
    let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7]);
}

async fn refusals_of_a_token_are_recorded_once_a_minute() {
    let server = Server::start().await;
    let (revoked, expired) = (server.token(&[]).await, server.token(&[]).await);
    server.revoke(revoked.id).await;
    server.expire(expired.id);
    for _ in 0..5 {
        assert!(!server.accepts(&revoked.secret).await && !server.accepts(&expired.secret).await);
    }
    // The server writes the remaining counts when it stops.
    server.store().flush_refusals(aether_server::timestamp::Timestamp::now(), true);
    let events = server.refusals(4).await;
    for (token, reason) in [(revoked.id, "revoked"), (expired.id, "expired")] {
        let counts: Vec<_> = events
            .iter()
            .filter(|event| event["token_id"] == json!(token) && event["reason"] == reason)
            .map(|event| event["count"].as_i64().unwrap())
            .collect();
        assert_eq!(counts, [1, 4], "{reason}");
    }
    assert!(events.iter().all(|event| event["address"] == "127.0.0.1" && event["actor_id"].is_null()));
}

async fn revoked_descendants_are_recorded_individually() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write"]).await;
    let child = server.token_by(&parent, &["api-tokens:write"]).await;
    let grandchild = server.token_by(&child, &[]).await;
    server.revoke_with_descendants(parent.id).await;
    let events = server.events().await;
    let mut revoked: Vec<_> = events
        .iter()
        .filter(|event| event["action"] == "api_token.revoked")
        .map(|event| event["token_id"].clone())
        .collect();
    revoked.sort_by_key(ToString::to_string);
    let mut expected = [parent.id, child.id, grandchild.id].map(|id| json!(id));
    expected.sort_by_key(ToString::to_string);
    assert_eq!(revoked, expected);
}

async fn pages_contain_each_event_once_oldest_first() {
    let server = Server::start().await;
    for _ in 0..7 {
        server.token(&[]).await;
    }
    let all: Vec<_> = server.events().await.into_iter().map(|event| event["id"].clone()).collect();
    assert_eq!(all.len(), 8);
    for limit in [1, 3, 8, 9] {
        let pages = server.pages(&format!("{}?limit={limit}", server.events_path())).await;
        let found: Vec<_> = pages.concat().into_iter().map(|event| event["id"].clone()).collect();
        assert_eq!(found, all, "limit {limit}");
    }
    // An unknown cursor selects an empty page.
    let unknown = format!("{}?cursor={}", server.events_path(), Uuid::now_v7());
    assert_eq!(server.send(server.get(&unknown)).await.expect(200).json(), json!({"items": []}));
}

async fn user_agent_is_truncated_and_redacted() {
    let server = Server::start().await;
    for (sent, recorded) in [
        ("a".repeat(300), "a".repeat(256)),
        (format!("agent {} oops", server.owner.secret), "agent [redacted] oops".to_owned()),
    ] {
        let create = server.post(&server.tokens_path()).header("user-agent", sent).json(&json!({"name": "a"}));
        server.send(create).await.expect(201);
        assert_eq!(server.events().await.last().unwrap()["user_agent"], recorded);
    }
}

async fn events_of_other_organizations_are_not_listed() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let events = server.events().await;
    assert!(events.iter().all(|event| event["org_id"] == json!(server.organization_id)));
    let path = format!("/api/v1/organizations/{}/audit-events", foreign.id);
    server.send(server.get(&path)).await.expect(404);
    let foreign_events = server.send(server.get(&path).bearer_auth(&foreign.owner.secret)).await.expect(200).json();
    // A cursor of another organization is unknown.
    let event = foreign_events["items"][0]["id"].as_str().unwrap();
    let path = format!("{}?cursor={event}", server.events_path());
    assert_eq!(server.send(server.get(&path)).await.expect(200).json(), json!({"items": []}));
}

async fn invalid_limit_or_cursor_is_rejected_with_422() {
    let server = Server::start().await;
    for (query, expected) in [
        ("limit=0", "limit/out_of_range"),
        ("limit=101", "limit/out_of_range"),
        ("limit=x", "limit/invalid_type"),
        ("cursor=x", "cursor/invalid_format"),
    ] {
        let response = server.send(server.get(&format!("{}?{query}", server.events_path()))).await.expect(422);
        assert_eq!(response.problems(), [expected], "{query}");
    }
}
