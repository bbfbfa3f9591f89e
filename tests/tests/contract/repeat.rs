//! Requests that can be repeated: `Idempotency-Key` on createApiToken and rotateApiToken.

use aether_tests::{Server, eventually};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

crate::tests!(
    the_same_request_gives_the_same_answer_and_makes_nothing_new,
    a_rotation_is_repeated_by_the_predecessor_in_its_grace,
    another_request_under_the_key_is_a_conflict,
    a_key_is_the_callers_own,
    of_many_at_once_one_is_done,
    while_one_is_under_way_the_other_is_told_to_come_again,
    only_successes_are_kept,
    what_was_good_then_is_answered_though_it_is_not_now,
    after_a_day_the_key_is_free,
    with_its_caller_a_kept_answer_is_forgotten,
    a_kept_answer_opens_for_nobody_else,
    the_key_is_validated,
);

const KEY: &str = "idempotency-key";

fn create(server: &Server, key: &str, body: &Value) -> RequestBuilder {
    server.post(&server.tokens_path()).header(KEY, key).json(body)
}

async fn count(server: &Server) -> usize {
    let page = server.send(server.get(&format!("{}?limit=100", server.tokens_path()))).await.expect(200).json();
    page["items"].as_array().unwrap().len()
}

async fn the_same_request_gives_the_same_answer_and_makes_nothing_new() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x"], "expires_at": null});
    let first = server.send(create(&server, "k", &body)).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    // Whatever happened to the token since: the answer is the one that was lost.
    let id = first.json()["id"].as_str().unwrap().parse().unwrap();
    server.send(server.put(&server.token_path(id)).json(&json!({"name": "renamed"}))).await.expect(200);
    assert!(server.is_live(first.json()["token"].as_str().unwrap()).await);
    let reordered = r#"{ "expires_at": null, "scopes": ["x"], "name": "\u0061" }"#;
    let again = server.post(&server.tokens_path()).header(KEY, "k").header("content-type", "application/json");
    for request in [create(&server, "k", &body), again.body(reordered)] {
        let again = server.send(request).await.expect(201);
        assert_eq!(again.body, first.body, "byte for byte");
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("cache-control"), Some("no-store"));
    }
    assert_eq!(count(&server).await, 2);
    assert_eq!(server.events().await.iter().filter(|event| event["action"] == "api_token.created").count(), 2);
}

async fn a_rotation_is_repeated_by_the_predecessor_in_its_grace() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let rotate = || {
        let request = server.post(&server.rotate_path(token.id)).bearer_auth(&token.token);
        request.header(KEY, "k").json(&json!({"grace_seconds": 60}))
    };
    let first = server.send(rotate()).await.expect(201);
    let again = server.send(rotate()).await.expect(201);
    assert_eq!((again.body, again.headers.get("idempotency-replayed").is_some()), (first.body, true));
    assert_eq!(count(&server).await, 3, "the owner, the token and one successor");
}

async fn another_request_under_the_key_is_a_conflict() {
    let server = Server::start().await;
    server.send(create(&server, "k", &json!({"name": "a"}))).await.expect(201);
    let target = server.token(&[]).await;
    let others = [
        create(&server, "k", &json!({"name": "b"})),
        create(&server, "k", &json!({"name": "a", "scopes": []})),
        create(&server, "k", &json!({"name": "a", "expires_at": null})),
        server.post(&server.rotate_path(target.id)).header(KEY, "k").json(&json!({})),
    ];
    for request in others {
        let answer = server.send(request).await.expect(409);
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("idempotency_conflict", None));
    }
    server.send(create(&server, "l", &json!({"name": "b"}))).await.expect(201);
}

async fn a_key_is_the_callers_own() {
    let server = Server::start().await;
    let (one, two) = (server.token(&["api-tokens:write"]).await, server.token(&["api-tokens:write"]).await);
    let mut made = Vec::new();
    for token in [&one.token, &two.token] {
        let answer = server.send(create(&server, "k", &json!({"name": "a"})).bearer_auth(token)).await.expect(201);
        assert_eq!(answer.header("idempotency-replayed"), None);
        made.push(answer.json()["id"].clone());
    }
    assert_ne!(made[0], made[1]);
}

async fn of_many_at_once_one_is_done() {
    let server = Server::start().await;
    let requests = (0..40).map(|_| server.send(create(&server, "k", &json!({"name": "a"}))));
    let mut tokens = Vec::new();
    for answer in futures::future::join_all(requests).await {
        match answer.status.as_u16() {
            201 => tokens.push(answer.json()["token"].clone()),
            409 => assert_eq!(answer.header("retry-after"), Some("1")),
            other => panic!("{other}"),
        }
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(count(&server).await, 2);
}

async fn while_one_is_under_way_the_other_is_told_to_come_again() {
    let server = Server::start().await;
    let other = server.database();
    // Whichever comes first waits for its turn to write, and the others need not wait for it.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let requests = (0..5).map(|_| server.send(create(&server, "k", &json!({"name": "a"}))));
    let mut answers = requests.collect::<FuturesUnordered<_>>();
    for _ in 0..4 {
        let refused = answers.next().await.unwrap().expect(409);
        assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("idempotency_conflict", Some("1")));
    }
    other.execute_batch("ROLLBACK").unwrap();
    answers.next().await.unwrap().expect(201);
}

async fn only_successes_are_kept() {
    let server = Server::start().await;
    server.send(create(&server, "k", &json!({"name": ""}))).await.expect(422);
    let dead = server.token(&[]).await;
    server.send(server.delete(&server.token_path(dead.id))).await.expect(204);
    server.send(server.post(&server.rotate_path(dead.id)).header(KEY, "k").json(&json!({}))).await.expect(409);
    let answer = server.send(create(&server, "k", &json!({"name": "a"}))).await.expect(201);
    assert_eq!(answer.header("idempotency-replayed"), None);
}

async fn what_was_good_then_is_answered_though_it_is_not_now() {
    let server = Server::start().await;
    let maker = server.token(&["api-tokens:write", "x"]).await;
    let soon = (chrono::Utc::now() + chrono::Duration::seconds(3)).to_rfc3339();
    let body = json!({"name": "a", "scopes": ["x"], "expires_at": soon});
    let request = || create(&server, "k", &body).bearer_auth(&maker.token);
    let first = server.send(request()).await.expect(201);
    server
        .send(server.put(&server.token_path(maker.id)).json(&json!({"scopes": ["api-tokens:write"]})))
        .await
        .expect(200);
    let first_token = first.json()["token"].as_str().unwrap().to_owned();
    eventually("the end of its life", async || (!server.is_live(&first_token).await).then_some(())).await;
    assert_eq!(server.send(request()).await.expect(201).body, first.body);
    // The same under another key is what it is now.
    let other = create(&server, "l", &body).bearer_auth(&maker.token);
    let problems = server.send(other).await.expect(422).problems();
    assert_eq!(problems, ["scopes[0]/exceeds_grant", "expires_at/in_past"]);
}

async fn after_a_day_the_key_is_free() {
    let server = Server::start().await;
    let body = json!({"name": "a"});
    let first = server.send(create(&server, "k", &body)).await.expect(201);
    let age = |millis: i64| {
        let sql = "UPDATE kept_answers SET created_at = created_at - ?";
        assert_eq!(server.database().execute(sql, [millis]).unwrap(), 1);
    };
    age(86_400_000 - 60_000);
    assert_eq!(server.send(create(&server, "k", &body)).await.expect(201).body, first.body);
    age(60_000);
    let again = server.send(create(&server, "k", &body)).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_ne!(again.json()["id"], first.json()["id"]);
    // What nobody asks for again goes, too.
    age(86_400_001);
    let retention = aether_server::store::Retention { seconds: 1_000_000 };
    server.store().purge(retention, aether_server::tokens::Timestamp::now()).await.unwrap();
    assert_eq!(kept(&server), 0);
}

fn kept(server: &Server) -> i64 {
    server.database().query_row("SELECT count(*) FROM kept_answers", [], |row| row.get(0)).unwrap()
}

async fn with_its_caller_a_kept_answer_is_forgotten() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write"]).await;
    let child = server.token_by(&parent.token, &["api-tokens:write"]).await;
    for token in [&parent.token, &child.token] {
        server.send(create(&server, "k", &json!({"name": "a"})).bearer_auth(token)).await.expect(201);
    }
    assert_eq!(kept(&server), 2);
    server.send(server.delete("/api/v1/api-tokens/current").bearer_auth(&parent.token)).await.expect(204);
    assert_eq!(kept(&server), 1);
    let all = format!("{}?descendants=true", server.token_path(parent.id));
    server.send(server.delete(&all)).await.expect(204);
    assert_eq!(kept(&server), 0);
}

/// What lies in the database cannot be opened with anything that lies there: moved to another caller, it is worthless.
async fn a_kept_answer_opens_for_nobody_else() {
    let server = Server::start().await;
    let thief = server.token(&["*"]).await;
    let body = json!({"name": "a"});
    server.send(create(&server, "k", &body)).await.expect(201);
    server.database().execute("UPDATE kept_answers SET caller_id = ?", [thief.id]).unwrap();
    server.send(create(&server, "k", &body).bearer_auth(&thief.token)).await.expect(500);
}

async fn the_key_is_validated() {
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
    // Elsewhere it means nothing.
    server.send(server.get(&server.tokens_path()).header(KEY, "a b")).await.expect(200);
}
