//! listAuditEvents, and what is in it.

use aether_tests::{Server, eventually};
use serde_json::{Value, json};
use uuid::Uuid;

crate::tests!(
    every_change_is_told_with_who_and_from_where,
    a_refused_token_is_told_once_a_minute,
    descendants_are_told_one_by_one,
    pages_hold_every_event_once_oldest_first,
    what_a_client_says_of_itself_is_cut_off_and_holds_no_token,
    events_are_of_one_organization,
    limit_and_cursor_are_validated,
);

fn told(event: &Value) -> (&str, &Value, &Value) {
    (event["action"].as_str().unwrap(), &event["token_id"], &event["actor_id"])
}

async fn every_change_is_told_with_who_and_from_where() {
    let server = Server::start().await;
    let maker = server.token(&["api-tokens:write"]).await;
    let child = server.token_by(&maker.token, &[]).await;
    let path = server.token_path(child.id);
    let update = server.put(&path).bearer_auth(&maker.token).header("user-agent", "curl/8");
    let updated = server.send(update.json(&json!({"name": "secret plans", "scopes": []}))).await.expect(200);
    let rotate = server.post(&server.rotate_path(child.id)).json(&json!({"grace_seconds": 60}));
    let successor = server.send(rotate).await.expect(201).json()["id"].clone();
    server.send(server.delete(&path)).await.expect(204);
    server.send(server.delete(&path)).await.expect(204);

    let events = server.events().await;
    let (owner, maker, child) = (&json!(server.owner_id), &json!(maker.id), &json!(child.id));
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            ("api_token.created", owner, &Value::Null),
            ("api_token.created", maker, owner),
            ("api_token.created", child, maker),
            ("api_token.updated", child, maker),
            ("api_token.rotated", child, owner),
            ("api_token.created", &successor, owner),
            ("api_token.revoked", child, owner),
        ]
    );
    let update = &events[3];
    assert_eq!(update["changed"], json!(["name"]), "the scopes were empty before");
    assert_eq!(update["address"], "127.0.0.1");
    assert_eq!(update["user_agent"], "curl/8");
    assert_eq!(update["request_id"].as_str(), updated.header("x-request-id"));
    assert_eq!(events[4]["successor_id"], successor);
    assert_eq!(events[0]["address"], Value::Null, "the operator made the owner");
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("secret plans"), "a name is nowhere in it");
    let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7]);
}

async fn a_refused_token_is_told_once_a_minute() {
    let server = Server::start().await;
    let (revoked, expired) = (server.token(&[]).await, server.token(&[]).await);
    server.send(server.delete(&server.token_path(revoked.id))).await.expect(204);
    server.expire(expired.id);
    for _ in 0..5 {
        assert!(!server.is_live(&revoked.token).await && !server.is_live(&expired.token).await);
    }
    // The rest of them, as when the server stops.
    server.store().flush_refusals(aether_server::tokens::Timestamp::now(), true);
    let events = eventually("the events of the refusals", async || {
        let events = server.events().await;
        let refused: Vec<_> = events.into_iter().filter(|event| event["action"] == "api_token.refused").collect();
        (refused.len() >= 4).then_some(refused)
    })
    .await;
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

async fn descendants_are_told_one_by_one() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write"]).await;
    let child = server.token_by(&parent.token, &["api-tokens:write"]).await;
    let grandchild = server.token_by(&child.token, &[]).await;
    server.send(server.delete(&format!("{}?descendants=true", server.token_path(parent.id)))).await.expect(204);
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

async fn pages_hold_every_event_once_oldest_first() {
    let server = Server::start().await;
    for _ in 0..7 {
        server.token(&[]).await;
    }
    let all: Vec<_> = server.events().await.into_iter().map(|event| event["id"].clone()).collect();
    assert_eq!(all.len(), 8);
    for limit in [1, 3, 8, 9] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.send(server.get(&format!("{}?limit={limit}{cursor}", server.events_path()))).await;
            let page = page.expect(200).json();
            found.extend(page["items"].as_array().unwrap().iter().map(|event| event["id"].clone()));
            match page.get("next_cursor") {
                Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
                None => break,
            }
        }
        assert_eq!(found, all, "limit {limit}");
    }
    // After an event that is not there, there is nothing.
    let nowhere = format!("{}?cursor={}", server.events_path(), Uuid::now_v7());
    assert_eq!(server.send(server.get(&nowhere)).await.expect(200).json(), json!({"items": []}));
}

async fn what_a_client_says_of_itself_is_cut_off_and_holds_no_token() {
    let server = Server::start().await;
    for (said, kept) in [
        ("a".repeat(300), "a".repeat(256)),
        (format!("agent {} oops", server.owner), "agent [redacted] oops".to_owned()),
    ] {
        let create = server.post(&server.tokens_path()).header("user-agent", said).json(&json!({"name": "a"}));
        server.send(create).await.expect(201);
        assert_eq!(server.events().await.last().unwrap()["user_agent"], kept);
    }
}

async fn events_are_of_one_organization() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let events = server.events().await;
    assert!(events.iter().all(|event| event["org_id"] == json!(server.organization)));
    let path = format!("/api/v1/organizations/{}/audit-events", foreign.id);
    server.send(server.get(&path)).await.expect(404);
    let theirs = server.send(server.get(&path).bearer_auth(&foreign.owner)).await.expect(200).json();
    // A cursor from elsewhere is one that is not there.
    let event = theirs["items"][0]["id"].as_str().unwrap();
    let elsewhere = format!("{}?cursor={event}", server.events_path());
    assert_eq!(server.send(server.get(&elsewhere)).await.expect(200).json(), json!({"items": []}));
}

async fn limit_and_cursor_are_validated() {
    let server = Server::start().await;
    for (query, expected) in [
        ("limit=0", "limit/out_of_range"),
        ("limit=101", "limit/out_of_range"),
        ("limit=x", "limit/invalid_type"),
        ("cursor=x", "cursor/invalid_format"),
    ] {
        let answer = server.send(server.get(&format!("{}?{query}", server.events_path()))).await.expect(422);
        assert_eq!(answer.problems(), [expected], "{query}");
    }
}
