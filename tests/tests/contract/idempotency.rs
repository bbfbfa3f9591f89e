//! `Idempotency-Key` on createApiToken and rotateApiToken.

use aether_server::store::Retention;
use aether_server::timestamp::Timestamp;
use aether_tests::{Server, Token};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

crate::tests!(
    repeated_request_is_replayed_without_new_token,
    rotation_is_replayed_for_predecessor_in_grace_period,
    different_request_with_used_key_is_rejected_with_409,
    same_key_of_two_callers_creates_two_tokens,
    concurrent_requests_with_one_key_create_one_token,
    request_during_identical_one_is_rejected_with_409,
    rotation_during_identical_one_is_rejected_with_409,
    failed_requests_are_not_recorded,
    replay_beyond_present_scopes_is_rejected,
    replay_does_not_depend_on_expiry_or_state,
    key_is_reusable_after_a_day,
    replay_is_found_whatever_the_clock_shows,
    records_are_deleted_when_caller_is_revoked,
    sealed_record_does_not_open_for_another_caller,
    invalid_key_is_rejected_with_422,
);

const KEY: &str = "idempotency-key";

fn create(server: &Server, key: &str, body: &Value) -> RequestBuilder {
    server.post(&server.tokens_path()).header(KEY, key).json(body)
}

async fn count_tokens(server: &Server) -> usize {
    let page = server.send(server.get(&format!("{}?limit=100", server.tokens_path()))).await.expect(200).json();
    page["items"].as_array().unwrap().len()
}

async fn repeated_request_is_replayed_without_new_token() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x"], "expires_at": null});
    let first = server.send(create(&server, "k", &body)).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    // Later changes of the token do not change the replay.
    let token = Token::from_json(&first.json());
    server.send(server.put(&server.token_path(token.id)).json(&json!({"name": "renamed"}))).await.expect(200);
    assert!(server.accepts(&token.secret).await);
    let reordered = r#"{ "expires_at": null, "scopes": ["x"], "name": "\u0061" }"#;
    let equivalent = server.post(&server.tokens_path()).header(KEY, "k").header("content-type", "application/json");
    for request in [create(&server, "k", &body), equivalent.body(reordered)] {
        let replay = server.send(request).await.expect(201);
        assert_eq!(replay.body, first.body, "the replay has the same bytes");
        assert_eq!(replay.header("idempotency-replayed"), Some("true"));
        assert_eq!(replay.header("cache-control"), Some("no-store"));
    }
    assert_eq!(count_tokens(&server).await, 2);
    assert_eq!(server.events().await.iter().filter(|event| event["action"] == "api_token.created").count(), 2);
}

async fn rotation_is_replayed_for_predecessor_in_grace_period() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let rotate = || {
        let request = server.post(&server.rotate_path(token.id)).bearer_auth(&token.secret);
        request.header(KEY, "k").json(&json!({"grace_seconds": 60}))
    };
    let first = server.send(rotate()).await.expect(201);
    let replay = server.send(rotate()).await.expect(201);
    assert_eq!((replay.body, replay.headers.get("idempotency-replayed").is_some()), (first.body, true));
    assert_eq!(count_tokens(&server).await, 3, "the owner, the token and one successor");
}

async fn different_request_with_used_key_is_rejected_with_409() {
    let server = Server::start().await;
    server.send(create(&server, "k", &json!({"name": "a"}))).await.expect(201);
    let target = server.token(&[]).await;
    let requests = [
        create(&server, "k", &json!({"name": "b"})),
        create(&server, "k", &json!({"name": "a", "scopes": []})),
        create(&server, "k", &json!({"name": "a", "expires_at": null})),
        server.post(&server.rotate_path(target.id)).header(KEY, "k").json(&json!({})),
    ];
    for request in requests {
        let response = server.send(request).await.expect(409);
        assert_eq!((response.code().as_str(), response.header("retry-after")), ("idempotency_key_reused", None));
    }
    server.send(create(&server, "l", &json!({"name": "b"}))).await.expect(201);
}

async fn same_key_of_two_callers_creates_two_tokens() {
    let server = Server::start().await;
    let (one, two) = (server.token(&["api-tokens:write"]).await, server.token(&["api-tokens:write"]).await);
    let mut created = Vec::new();
    for secret in [&one.secret, &two.secret] {
        let response = server.send(create(&server, "k", &json!({"name": "a"})).bearer_auth(secret)).await.expect(201);
        assert_eq!(response.header("idempotency-replayed"), None);
        created.push(response.json()["id"].clone());
    }
    assert_ne!(created[0], created[1]);
}

async fn concurrent_requests_with_one_key_create_one_token() {
    let server = Server::start().await;
    let requests = (0..40).map(|_| server.send(create(&server, "k", &json!({"name": "a"}))));
    let mut tokens = Vec::new();
    for response in futures::future::join_all(requests).await {
        match response.status.as_u16() {
            201 => tokens.push(response.json()["token"].clone()),
            409 => assert_eq!(response.header("retry-after"), Some("1")),
            other => panic!("{other}"),
        }
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(count_tokens(&server).await, 2);
}

async fn request_during_identical_one_is_rejected_with_409() {
    let server = Server::start().await;
    let lock = server.database();
    // The first request waits for the write lock. The others are rejected without waiting.
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let requests = (0..5).map(|_| server.send(create(&server, "k", &json!({"name": "a"}))));
    let mut responses = requests.collect::<FuturesUnordered<_>>();
    for _ in 0..4 {
        let rejected = responses.next().await.unwrap().expect(409);
        assert_eq!((rejected.code().as_str(), rejected.header("retry-after")), ("idempotency_in_progress", Some("1")));
    }
    lock.execute_batch("ROLLBACK").unwrap();
    responses.next().await.unwrap().expect(201);
}

async fn rotation_during_identical_one_is_rejected_with_409() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let rotate = || server.post(&server.rotate_path(token.id)).header(KEY, "k").json(&json!({}));
    let lock = server.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut responses = (0..2).map(|_| server.send(rotate())).collect::<FuturesUnordered<_>>();
    let rejected = responses.next().await.unwrap().expect(409);
    assert_eq!((rejected.code().as_str(), rejected.header("retry-after")), ("idempotency_in_progress", Some("1")));
    lock.execute_batch("ROLLBACK").unwrap();
    responses.next().await.unwrap().expect(201);
}

async fn failed_requests_are_not_recorded() {
    let server = Server::start().await;
    server.send(create(&server, "k", &json!({"name": ""}))).await.expect(422);
    let revoked = server.token(&[]).await;
    server.revoke(revoked.id).await;
    server.send(server.post(&server.rotate_path(revoked.id)).header(KEY, "k").json(&json!({}))).await.expect(409);
    let response = server.send(create(&server, "k", &json!({"name": "a"}))).await.expect(201);
    assert_eq!(response.header("idempotency-replayed"), None);
}

/// A caller that was narrowed since does not receive a secret that it could no longer create.
async fn replay_beyond_present_scopes_is_rejected() {
    let server = Server::start().await;
    let creator = server.token(&["api-tokens:write", "x:*", "y"]).await;
    let body = json!({"name": "a", "scopes": ["x:1", "y", "x:2"]});
    let request = |body: &Value| create(&server, "k", body).bearer_auth(&creator.secret);
    let narrow = |id, scopes: &[&str]| server.put(&server.token_path(id)).json(&json!({"scopes": scopes}));
    let first = server.send(request(&body)).await.expect(201);
    server.send(narrow(creator.id, &["api-tokens:write", "y"])).await.expect(200);
    let rejected = server.send(request(&body)).await.expect(422);
    assert_eq!(rejected.problems(), ["scopes[0]/exceeds_grant", "scopes[2]/exceeds_grant"]);
    // A different request is a conflict before that.
    let different = json!({"name": "b", "scopes": ["x:1"]});
    assert_eq!(server.send(request(&different)).await.expect(409).code(), "idempotency_key_reused");
    // The token that was created stays as it is.
    assert!(server.accepts(&Token::from_json(&first.json()).secret).await);

    // The same holds for rotations, of another token and of the caller itself.
    let (caller, target) = (server.token(&["api-tokens:write", "x"]).await, server.token(&["x"]).await);
    for (caller, target) in [(&caller, &target), (&caller, &caller)] {
        let rotate = || {
            let request = server.post(&server.rotate_path(target.id)).bearer_auth(&caller.secret);
            request.header(KEY, target.id.to_string()).json(&json!({"grace_seconds": 3600}))
        };
        let first = server.send(rotate()).await.expect(201);
        assert_eq!(server.send(rotate()).await.expect(201).body, first.body);
        if caller.id == target.id {
            server.send(narrow(caller.id, &["api-tokens:write"])).await.expect(200);
            let rejected = server.send(rotate()).await.expect(403);
            assert_eq!(rejected.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        }
    }
    let other = server.post(&server.rotate_path(target.id)).bearer_auth(&caller.secret);
    server.send(other.header(KEY, target.id.to_string()).json(&json!({"grace_seconds": 3600}))).await.expect(403);
}

async fn replay_does_not_depend_on_expiry_or_state() {
    let server = Server::start().await;
    let creator = server.token(&["api-tokens:write"]).await;
    let body = json!({"name": "a", "expires_at": "2100-01-01T00:00:00Z"});
    let request = || create(&server, "k", &body).bearer_auth(&creator.secret);
    let first = server.send(request()).await.expect(201);
    server.revoke(Token::from_json(&first.json()).id).await;
    let shortened = json!({"expires_at": "2099-01-01T00:00:00Z"});
    server.send(server.put(&server.token_path(creator.id)).json(&shortened)).await.expect(200);
    assert_eq!(server.send(request()).await.expect(201).body, first.body);
    // With another key, the request is invalid.
    let other = create(&server, "l", &body).bearer_auth(&creator.secret);
    assert_eq!(server.send(other).await.expect(422).problems(), ["expires_at/exceeds_grant"]);
}

async fn key_is_reusable_after_a_day() {
    let server = Server::start().await;
    let body = json!({"name": "a"});
    let first = server.send(create(&server, "k", &body)).await.expect(201);
    let age = |millis: i64| {
        let sql = "UPDATE kept_answers SET created_at = created_at - ?";
        assert_eq!(server.database().execute(sql, [millis]).unwrap(), 1);
    };
    let purge = async || {
        let retention = Retention { seconds: 1_000_000 };
        server.store().purge(retention, Timestamp::now()).await.unwrap();
    };
    age(86_400_000 - 60_000);
    purge().await;
    assert_eq!(server.send(create(&server, "k", &body)).await.expect(201).body, first.body);
    // The clock alone does not end a record, because it could have stepped. A purge does.
    age(60_000);
    assert_eq!(server.send(create(&server, "k", &body)).await.expect(201).body, first.body);
    purge().await;
    assert_eq!(count_records(&server), 0);
    let second = server.send(create(&server, "k", &body)).await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), None);
    assert_ne!(second.json()["id"], first.json()["id"]);
}

/// A clock that was ahead dated the record, or one that is ahead now makes it look old: a retry creates nothing in either case.
async fn replay_is_found_whatever_the_clock_shows() {
    let server = Server::start().await;
    let body = json!({"name": "a"});
    let first = server.send(create(&server, "k", &body)).await.expect(201);
    for days in [400, -400, -400] {
        let sql = "UPDATE kept_answers SET created_at = created_at + ? * 86400000";
        assert_eq!(server.database().execute(sql, [days]).unwrap(), 1);
        let again = server.send(create(&server, "k", &body)).await.expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &first.body));
    }
}

fn count_records(server: &Server) -> i64 {
    server.database().query_row("SELECT count(*) FROM kept_answers", [], |row| row.get(0)).unwrap()
}

async fn records_are_deleted_when_caller_is_revoked() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write"]).await;
    let child = server.token_by(&parent, &["api-tokens:write"]).await;
    for secret in [&parent.secret, &child.secret] {
        server.send(create(&server, "k", &json!({"name": "a"})).bearer_auth(secret)).await.expect(201);
    }
    assert_eq!(count_records(&server), 2);
    server.send(server.delete("/api/v1/api-tokens/current").bearer_auth(&parent.secret)).await.expect(204);
    assert_eq!(count_records(&server), 1);
    server.revoke_with_descendants(parent.id).await;
    assert_eq!(count_records(&server), 0);
}

// A record is sealed with a key derived from its caller's token, so the database alone does not open it.
async fn sealed_record_does_not_open_for_another_caller() {
    let server = Server::start().await;
    let attacker = server.token(&["*"]).await;
    let body = json!({"name": "a"});
    server.send(create(&server, "k", &body)).await.expect(201);
    server.database().execute("UPDATE kept_answers SET caller_id = ?", [attacker.id]).unwrap();
    server.send(create(&server, "k", &body).bearer_auth(&attacker.secret)).await.expect(500);
}

async fn invalid_key_is_rejected_with_422() {
    let server = Server::start().await;
    let post = |key: &[u8]| {
        let key = reqwest::header::HeaderValue::from_bytes(key).unwrap();
        server.post(&server.tokens_path()).header(KEY, key).json(&json!({"name": "a"}))
    };
    for (key, code) in [
        (&b""[..], "too_short"),
        (&[b'k'; 256], "too_long"),
        (b"a b", "invalid_format"),
        (b"\xc3\xa9", "invalid_format"),
    ] {
        let problems = server.send(post(key)).await.expect(422).problems();
        assert_eq!(problems, [format!("Idempotency-Key/{code}")], "{key:?}");
    }
    let twice = server.send(post(b"k").header(KEY, "k")).await.expect(422);
    assert_eq!(twice.problems(), ["Idempotency-Key/duplicate"]);
    server.send(post(&[b'~'; 255])).await.expect(201);
    // Other operations ignore the header.
    server.send(server.get(&server.tokens_path()).header(KEY, "a b")).await.expect(200);
}
