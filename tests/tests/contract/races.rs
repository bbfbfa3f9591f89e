//! Concurrent requests.

use std::sync::Arc;

use aether_tests::race::create_concurrently;
use aether_tests::{Options, Server, Token, eventually};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use uuid::Uuid;

const REFUSED: &str = "api_token.refused";

crate::tests!(
    concurrent_creations_do_not_exceed_token_limit,
    change_is_decided_by_the_present_scopes_and_expiry_of_the_caller,
    caller_that_dies_while_its_change_waits_is_refused,
    change_is_dated_when_it_is_decided,
    flood_of_one_organization_does_not_delay_another,
    other_changes_run_during_a_revocation_of_descendants,
);

async fn concurrent_creations_do_not_exceed_token_limit() {
    let options = Options::default().and("--max-tokens=10").and("--busy-timeout=60s");
    let server = Arc::new(Server::with(options).await);
    for _ in 0..8 {
        server.token(&[]).await;
    }
    assert_eq!(create_concurrently(&server, 1000).await, 1);
}

/// The caller is narrowed after it was authorized, while its request waits for the database.
async fn change_is_decided_by_the_present_scopes_and_expiry_of_the_caller() {
    let server = Server::start().await;
    let missing = Some(r#"Bearer error="insufficient_scope", scope="api-tokens:write""#);
    let late = 4_102_444_800_000_i64;
    for (scopes, expiry, expires_at, status, problems, challenge) in [
        ("x", None, Value::Null, 403, &[][..], missing),
        ("api-tokens:write", None, Value::Null, 422, &["scopes[0]/exceeds_grant"], None),
        ("*", Some(late), json!("2200-01-01T00:00:00Z"), 422, &["expires_at/exceeds_grant"], None),
        ("*", Some(late), Value::Null, 201, &[], None),
    ] {
        let caller = server.token(&["api-tokens:write", "x"]).await;
        let body = json!({"name": "a", "scopes": ["x"], "expires_at": expires_at});
        let create = || {
            let request = server.post(&server.tokens_path()).bearer_auth(&caller.secret);
            server.send(request.header("idempotency-key", "k").json(&body))
        };
        let lock = server.database();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        let sql = "UPDATE api_tokens SET scopes = ?, expires_at = ? WHERE id = ?";
        lock.execute(sql, rusqlite::params![scopes, expiry, caller.id]).unwrap();
        // When the second of two equal requests is rejected, the first waits for the lock.
        let mut responses = (0..2).map(|_| create()).collect::<FuturesUnordered<_>>();
        assert_eq!(responses.next().await.unwrap().expect(409).code(), "idempotency_in_progress");
        lock.execute_batch("COMMIT").unwrap();
        let response = responses.next().await.unwrap().expect(status);
        assert_eq!(response.header("www-authenticate"), challenge);
        if status == 201 {
            assert_eq!(response.json()["expires_at"], "2100-01-01T00:00:00.000Z");
        } else {
            assert_eq!(response.problems(), problems);
        }
    }
}

async fn caller_that_dies_while_its_change_waits_is_refused() {
    let server = Server::start().await;
    for (change, reason) in [("revoked_at = 1", "revoked"), ("expires_at = 1", "expired")] {
        let caller = server.token(&["api-tokens:write"]).await;
        let create = || {
            let request = server.post(&server.tokens_path()).bearer_auth(&caller.secret);
            server.send(request.header("idempotency-key", "k").json(&json!({"name": "a"})))
        };
        let lock = server.database();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        lock.execute(&format!("UPDATE api_tokens SET {change} WHERE id = ?"), [caller.id]).unwrap();
        // When the second of two equal requests is rejected, the first waits for the lock.
        let mut responses = (0..2).map(|_| create()).collect::<FuturesUnordered<_>>();
        assert_eq!(responses.next().await.unwrap().expect(409).code(), "idempotency_in_progress");
        lock.execute_batch("COMMIT").unwrap();
        responses.next().await.unwrap().expect(401);
        let refusal = eventually("the refusal event", async || {
            let events = server.events().await;
            let is_refusal = |event: &&Value| event["token_id"] == json!(caller.id) && event["action"] == REFUSED;
            events.iter().find(is_refusal).cloned()
        });
        assert_eq!(refusal.await["reason"], reason);
        // The reported expiry is final, whatever the clock shows.
        server.unexpire(caller.id);
        assert!(!server.accepts(&caller.secret).await);
    }
}

/// A change that waited has the time of its decision: a token is not created with an expiry that has passed meanwhile.
async fn change_is_dated_when_it_is_decided() {
    let server = Server::start().await;
    let expires_at = chrono::Utc::now() + chrono::TimeDelta::seconds(2);
    let body = json!({"name": "a", "expires_at": expires_at.to_rfc3339()});
    let create = || server.send(server.post(&server.tokens_path()).header("idempotency-key", "k").json(&body));
    let lock = server.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut responses = (0..2).map(|_| create()).collect::<FuturesUnordered<_>>();
    assert_eq!(responses.next().await.unwrap().expect(409).code(), "idempotency_in_progress");
    eventually("the expiry", async || (chrono::Utc::now() > expires_at).then_some(())).await;
    lock.execute_batch("COMMIT").unwrap();
    assert_eq!(responses.next().await.unwrap().expect(422).problems(), ["expires_at/in_past"]);
}

/// The waiting changes take turns by organization. Ids have the order of commits.
async fn flood_of_one_organization_does_not_delay_another() {
    const FLOOD: usize = 100;
    let server = Server::with(Options::default().and("--busy-timeout=60s")).await;
    let other = server.other_organization().await;
    let other_path = format!("/api/v1/organizations/{}/api-tokens", other.id);
    let create = |path: &str, caller: &Token, key: usize| {
        let request = server.post(path).bearer_auth(&caller.secret).header("idempotency-key", key.to_string());
        server.send(request.json(&json!({"name": "a"})))
    };
    let lock = server.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    // When the second of two equal requests is rejected, the first waits for the lock.
    let path = server.tokens_path();
    let mut flood: FuturesUnordered<_> = (0..2 * FLOOD).map(|key| create(&path, &server.owner, key / 2)).collect();
    for _ in 0..FLOOD {
        flood.next().await.unwrap().expect(409);
    }
    let mut late: FuturesUnordered<_> = (0..2).map(|_| create(&other_path, &other.root, 0)).collect();
    late.next().await.unwrap().expect(409);
    lock.execute_batch("COMMIT").unwrap();
    let late = Token::from_json(&late.next().await.unwrap().expect(201).json());
    let flood: Vec<_> = flood.map(|response| Token::from_json(&response.expect(201).json()).id).collect().await;
    assert_eq!(flood.len(), FLOOD);
    let before = flood.iter().filter(|id| **id < late.id).count();
    assert!(before <= FLOOD / 10, "{before} changes of the flood were made before the other organization's");
}

/// Event ids have the order of commits.
async fn other_changes_run_during_a_revocation_of_descendants() {
    const DESCENDANTS: usize = 3_000;
    let server = Server::start().await;
    let other = server.other_organization().await;
    let root = server.token(&["api-tokens:write"]).await;
    server.insert_children(root.id, DESCENDANTS);
    let path = format!("{}?descendants=true", server.token_path(root.id));
    let mut revocation = Box::pin(server.send(server.delete(&path)));
    let mut created = Vec::new();
    let response = loop {
        let body = json!({"name": "a"});
        let path = format!("/api/v1/organizations/{}/api-tokens", other.id);
        let create = server.send(server.post(&path).bearer_auth(&other.root.secret).json(&body));
        match futures::future::select(revocation, Box::pin(create)).await {
            futures::future::Either::Left((response, create)) => {
                create.await.expect(201);
                break response;
            }
            futures::future::Either::Right((response, waiting)) => {
                created.push(Token::from_json(&response.expect(201).json()).id);
                revocation = waiting;
            }
        }
    };
    let expected = (DESCENDANTS + 1).to_string();
    assert_eq!(response.expect(204).header("x-revoked-count"), Some(expected.as_str()));
    let sql = "SELECT min(id), max(id) FROM audit_events WHERE action = 'api_token.revoked'";
    let (first, last): (Uuid, Uuid) =
        server.database().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let during = created.iter().filter(|id| (first..last).contains(*id)).count();
    assert!(during > 1, "{during} of {} tokens were created during the revocation", created.len());
}
