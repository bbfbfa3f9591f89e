//! Broken and locked databases. A second connection to the same file provokes the failures.

use aether_tests::contract::CONTRACT;
use aether_tests::request::valid_request;
use aether_tests::{Options, Server};
use serde_json::json;

crate::tests!(
    broken_database_returns_500_from_every_operation,
    expired_token_on_locked_database_returns_503,
    write_on_locked_database_returns_503_without_change,
);

async fn broken_database_returns_500_from_every_operation() {
    let server = Server::start().await;
    let target = server.token(&[]).await;
    server.database().execute_batch("ALTER TABLE api_tokens RENAME TO gone").unwrap();
    for operation in &CONTRACT.operations {
        let request = valid_request(&server, operation, &target);
        let response = server.send(request.bearer_auth(&server.owner.secret)).await.expect(500);
        assert_eq!(response.json(), json!({"error": {"code": "internal", "message": "Internal error."}}));
    }
    server.database().execute_batch("ALTER TABLE gone RENAME TO api_tokens").unwrap();
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
}

// The server records an observed expiry before it rejects the token, so that the expiry is final.
async fn expired_token_on_locked_database_returns_503() {
    let server = Server::with(Options::default().and("--busy-timeout=50ms")).await;
    let token = server.token(&["*"]).await;
    server.expire(token.id);
    let lock = server.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    for operation in &CONTRACT.operations {
        let request = valid_request(&server, operation, &token);
        let response = server.send(request.bearer_auth(&token.secret)).await.expect(503);
        assert_eq!((response.code().as_str(), response.header("retry-after")), ("unavailable", Some("1")));
    }
    lock.execute_batch("ROLLBACK").unwrap();
    assert!(!server.accepts(&token.secret).await);
}

async fn write_on_locked_database_returns_503_without_change() {
    let server = Server::with(Options::default().and("--busy-timeout=500ms")).await;
    let target = server.token(&[]).await;
    let lock = server.database();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let create = server.create(&json!({"name": "a"})).await.expect(503);
    let revoke = server.send(server.delete(&server.token_path(target.id))).await.expect(503);
    let update = server.send(server.put(&server.token_path(target.id)).json(&json!({"name": "b"}))).await.expect(503);
    let rotate = server.send(server.post(&server.rotate_path(target.id)).json(&json!({}))).await.expect(503);
    let current = server.delete("/api/v1/api-tokens/current").bearer_auth(&target.secret);
    let current = server.send(current).await.expect(503);
    for response in [create, revoke, update, rotate, current] {
        assert_eq!(response.code(), "unavailable");
        assert!(response.header("retry-after").is_some());
    }
    // Reads need no write lock.
    let record = server.record(target.id).await;
    assert_eq!(json!([record["revoked_at"], record["rotated_to"], record["name"]]), json!([null, null, "test"]));
    lock.execute_batch("ROLLBACK").unwrap();
    server.create(&json!({"name": "a"})).await.expect(201);
}
