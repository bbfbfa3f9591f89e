//! What happens when the database fails or is busy, provoked as it would happen: by somebody else at the same file.

use std::time::Duration;

use aether_tests::ask::{About, about};
use aether_tests::contract::CONTRACT;
use aether_tests::{Options, Server};
use serde_json::json;

crate::tests!(
    a_broken_database_is_a_500_of_every_operation,
    who_cannot_be_refused_for_good_is_told_to_come_again,
    a_busy_database_is_a_503_that_changes_nothing,
);

async fn a_broken_database_is_a_500_of_every_operation() {
    let server = Server::start().await;
    let target = server.token(&[]).await;
    server.database().execute_batch("ALTER TABLE api_tokens RENAME TO gone").unwrap();
    for operation in &CONTRACT.operations {
        let request = about(&server, operation, About { id: target.id, token: &target.token });
        let answer = server.send(request.bearer_auth(&server.owner)).await.expect(500);
        assert_eq!(answer.json(), json!({"error": {"code": "internal", "message": "Internal error."}}));
    }
    server.database().execute_batch("ALTER TABLE gone RENAME TO api_tokens").unwrap();
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
}

/// That a token was seen expired has to be written before anybody is told, whatever it was used for.
async fn who_cannot_be_refused_for_good_is_told_to_come_again() {
    let server = Server::with(Options { busy_timeout: Duration::from_millis(50), ..Options::default() }).await;
    let token = server.token(&["*"]).await;
    server.expire(token.id);
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for operation in &CONTRACT.operations {
        let request = about(&server, operation, About { id: token.id, token: &token.token });
        let answer = server.send(request.bearer_auth(&token.token)).await.expect(503);
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("unavailable", Some("1")));
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert!(!server.is_live(&token.token).await);
}

async fn a_busy_database_is_a_503_that_changes_nothing() {
    let server = Server::with(Options { busy_timeout: Duration::from_millis(500), ..Options::default() }).await;
    let target = server.token(&[]).await;
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let create = server.create(&json!({"name": "a"})).await.expect(503);
    let revoke = server.send(server.delete(&server.token_path(target.id))).await.expect(503);
    let update = server.send(server.put(&server.token_path(target.id)).json(&json!({"name": "b"}))).await.expect(503);
    let rotate = server.send(server.post(&server.rotate_path(target.id)).json(&json!({}))).await.expect(503);
    let current = server.delete("/api/v1/api-tokens/current").bearer_auth(&target.token);
    let current = server.send(current).await.expect(503);
    for answer in [create, revoke, update, rotate, current] {
        assert_eq!(answer.code(), "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    // Reading goes on meanwhile.
    let found = server.send(server.get(&server.token_path(target.id))).await.expect(200).json();
    assert_eq!(json!([found["revoked_at"], found["rotated_to"], found["name"]]), json!([null, null, "test"]));
    other.execute_batch("ROLLBACK").unwrap();
    server.create(&json!({"name": "a"})).await.expect(201);
}
