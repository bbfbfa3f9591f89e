//! The stored responses of `Idempotency-Key`, and requests that wait for the database.

use aether_server::store::Retention;
use aether_server::timestamp::Timestamp;
use aether_tests::Server;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

crate::tests!(
    request_during_identical_one_is_rejected_with_409,
    rotation_during_identical_one_is_rejected_with_409,
    key_is_reusable_after_a_day,
    replay_is_found_whatever_the_clock_shows,
    records_are_deleted_when_caller_is_revoked,
    sealed_record_does_not_open_for_another_caller,
);

const KEY: &str = "idempotency-key";

fn create(server: &Server, key: &str, body: &Value) -> RequestBuilder {
    server.post(&server.tokens_path()).header(KEY, key).json(body)
}

fn count_records(server: &Server) -> i64 {
    server.database().query_row("SELECT count(*) FROM kept_answers", [], |row| row.get(0)).unwrap()
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
