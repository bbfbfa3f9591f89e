//! listAuditEvents, and the recorded events.

use std::collections::BTreeSet;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Api, text, wire_time};

super::tests!(
    every_change_is_recorded_with_actor_and_origin needs AuditLog,
    self_revocation_is_recorded_with_its_actor needs AuditLog,
    refusal_of_a_token_is_recorded_with_its_reason needs AuditLog,
    revoked_descendants_are_recorded_individually needs AuditLog,
    sequence_has_no_gaps needs AuditLog,
    pages_contain_each_event_once_oldest_first needs AuditLog,
    user_agent_is_truncated_and_redacted needs AuditLog,
    events_of_other_organizations_are_not_listed needs AuditLog SecondOrganization,
    invalid_limit_or_cursor_is_rejected_with_422,
);

/// Returns the action, the target and the actor of an event.
fn summary(event: &Value) -> (&str, &Value, &Value) {
    (text(&event["action"]), &event["token_id"], &event["actor_id"])
}

async fn every_change_is_recorded_with_actor_and_origin(api: Api) {
    let api = api.at_end_of_events().await;
    let creator = api.token(&["api-tokens:write"]).await;
    let child = api.token_by(&creator, &[]).await;
    let path = api.token_path(child.id);
    let secret_name = api.name("secret plans");
    let update = api.put(&path).bearer_auth(&creator.secret).header("user-agent", "curl/8");
    let updated = api.send(update.json(&json!({"name": secret_name, "scopes": []}))).await.expect(200);
    let rotate = api.post(&api.rotate_path(child.id)).json(&json!({"grace_seconds": 60}));
    let successor = api.send(rotate).await.expect(201).json()["id"].clone();
    api.send(api.delete(&path)).await.expect(204);
    // A repetition changes nothing.
    api.send(api.delete(&path)).await.expect(204);

    let events = api.events().await;
    let (root, creator, child) = (&json!(api.root.id), &json!(creator.id), &json!(child.id));
    assert_eq!(
        events.iter().map(summary).collect::<Vec<_>>(),
        [
            ("api_token.created", creator, root),
            ("api_token.created", child, creator),
            ("api_token.updated", child, creator),
            ("api_token.rotated", child, root),
            ("api_token.created", &successor, root),
            ("api_token.revoked", child, root),
        ]
    );
    let update = &events[2];
    assert_eq!(update["changed"], json!(["name"]), "empty scopes stay empty");
    assert!(text(&update["address"]).parse::<IpAddr>().is_ok(), "{update}");
    assert_eq!(update["user_agent"], "curl/8");
    assert_eq!(update["request_id"].as_str(), updated.header("x-request-id"));
    assert_eq!(events[3]["successor_id"], successor);
    for (event, action) in events.iter().map(|event| (event, text(&event["action"]))) {
        assert!(action == "api_token.updated" || is_empty(&event["changed"]), "{event}");
        assert!(event["count"].is_null() && event["reason"].is_null(), "{event}");
        assert!(action == "api_token.rotated" || event["successor_id"].is_null(), "{event}");
        let hash = text(&event["hash"]);
        assert!(hash.len() == 64 && !hash.contains(|digit: char| digit.is_ascii_uppercase()), "{event}");
        let occurred_at: DateTime<Utc> = text(&event["occurred_at"]).parse().expect("a time");
        assert!((api.now() - occurred_at).abs() < TimeDelta::minutes(10), "{event}");
        assert_eq!(wire_time(occurred_at), event["occurred_at"], "{event}");
        assert!(event["sequence"].as_i64() > Some(0), "{event}");
    }
    assert!(!json!(events).to_string().contains("secret plans"), "events contain no names");
    let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_i64().expect("a sequence")).collect();
    assert!(sequences.is_sorted_by(|one, next| one < next), "{sequences:?}");
    let ids: Vec<_> = events.iter().map(|event| text(&event["id"])).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let hashes: BTreeSet<_> = events.iter().map(|event| text(&event["hash"])).collect();
    assert_eq!(hashes.len(), events.len(), "every event has a hash of its own");
    // Events are never changed.
    assert_eq!(api.events().await, events);
}

fn is_empty(list: &Value) -> bool {
    list.is_null() || *list == json!([])
}

async fn self_revocation_is_recorded_with_its_actor(api: Api) {
    let api = api.at_end_of_events().await;
    let token = api.token(&[]).await;
    api.send(api.delete("/api/v1/api-tokens/current").bearer_auth(&token.secret)).await.expect(204);
    let events = api.events().await;
    let event = events.last().expect("an event");
    assert_eq!(summary(event), ("api_token.revoked", &json!(token.id), &json!(token.id)));
}

async fn refusal_of_a_token_is_recorded_with_its_reason(api: Api) {
    let api = api.at_end_of_events().await;
    let (revoked, expired, rotated) = (api.token(&[]).await, api.token(&[]).await, api.token(&[]).await);
    api.revoke(revoked.id).await;
    api.let_expire(expired.id).await;
    api.send(api.post(&api.rotate_path(rotated.id)).json(&json!({}))).await.expect(201);
    for token in [&revoked, &expired, &rotated] {
        assert!(!api.accepts(&token.secret).await);
    }
    let events = api.refusals(3).await;
    for (token, reason) in [(revoked.id, "revoked"), (expired.id, "expired"), (rotated.id, "rotated")] {
        let event = events.iter().find(|event| event["token_id"] == json!(token)).expect("an event of each token");
        assert_eq!((&event["reason"], &event["count"]), (&json!(reason), &json!(1)), "{event}");
        assert!(event["actor_id"].is_null() && text(&event["address"]).parse::<IpAddr>().is_ok(), "{event}");
    }
}

async fn revoked_descendants_are_recorded_individually(api: Api) {
    let api = api.at_end_of_events().await;
    let parent = api.token(&["api-tokens:write"]).await;
    let child = api.token_by(&parent, &["api-tokens:write"]).await;
    let grandchild = api.token_by(&child, &[]).await;
    api.revoke_with_descendants(parent.id).await;
    let events = api.events().await;
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

async fn pages_contain_each_event_once_oldest_first(api: Api) {
    let api = api.at_end_of_events().await;
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(json!(api.token(&[]).await.id));
    }
    let events = api.events().await;
    assert_eq!(events.iter().map(|event| event["token_id"].clone()).collect::<Vec<_>>(), created);
    for limit in [1, 2, 5] {
        assert_eq!(api.events_in_pages(limit, events.len()).await, events, "limit {limit}");
    }
    // An unknown cursor selects an empty page.
    let unknown = format!("{}?cursor={}", api.events_path(), Uuid::now_v7());
    assert_eq!(api.send(api.get(&unknown)).await.expect(200).json(), json!({"items": []}));
}

async fn sequence_has_no_gaps(api: Api) {
    let api = api.at_end_of_events().await;
    for _ in 0..3 {
        api.token(&[]).await;
    }
    // The events of the whole organization, of other tests and of other callers, too.
    let sequences: Vec<_> = api.all_events().await.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    assert!(sequences.len() >= 3 && sequences.is_sorted_by(|one, next| one + 1 == *next), "{sequences:?}");
}

async fn user_agent_is_truncated_and_redacted(api: Api) {
    let api = api.at_end_of_events().await;
    for (sent, recorded) in [
        ("a".repeat(300), "a".repeat(256)),
        (format!("agent {} oops", api.root.secret), "agent [redacted] oops".to_owned()),
    ] {
        let create = api.post(&api.tokens_path()).header("user-agent", sent).json(&json!({"name": api.name("a")}));
        api.send(create).await.expect(201);
        assert_eq!(api.events().await.last().expect("an event")["user_agent"], recorded);
    }
}

async fn events_of_other_organizations_are_not_listed(api: Api) {
    let api = api.at_end_of_events().await;
    api.other_token(&[]).await;
    api.token(&[]).await;
    let events = api.events().await;
    assert_eq!(events.len(), 1, "the event of the organization");
    assert_eq!(events[0]["org_id"], json!(api.organization_id));
    let foreign = api.other();
    let path = format!("/api/v1/organizations/{}/audit-events", foreign.id);
    api.send(api.get(&path)).await.expect(404);
    let foreign_events =
        api.send(api.get(&format!("{path}?limit=1")).bearer_auth(&foreign.root.secret)).await.expect(200).json();
    // A cursor of another organization is unknown.
    let event = text(&foreign_events["items"][0]["id"]).to_owned();
    let path = format!("{}?cursor={event}", api.events_path());
    assert_eq!(api.send(api.get(&path)).await.expect(200).json(), json!({"items": []}));
}

async fn invalid_limit_or_cursor_is_rejected_with_422(api: Api) {
    let reader = api.token(&["audit-events:read"]).await;
    for (query, expected) in [
        ("limit=0", "limit/out_of_range"),
        ("limit=101", "limit/out_of_range"),
        ("limit=x", "limit/invalid_type"),
        ("cursor=x", "cursor/invalid_format"),
    ] {
        let request = api.get(&format!("{}?{query}", api.events_path())).bearer_auth(&reader.secret);
        assert_eq!(api.send(request).await.expect(422).problems(), [expected], "{query}");
    }
}
