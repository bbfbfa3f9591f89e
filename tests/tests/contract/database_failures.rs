//! Broken and locked databases. A second connection to the same file provokes the failures.

use aether_tests::contract::CONTRACT;
use aether_tests::valid_request;
use aether_tests::{Options, Server, eventually};
use serde_json::json;

crate::tests!(
    broken_database_returns_500_from_every_operation,
    expired_token_on_locked_database_returns_503,
    malformed_database_returns_500,
    write_on_moved_database_returns_503_without_change,
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
    assert_eq!(
        json!([record["revoked_at"], record["rotated_to"], record["name"]]),
        json!([null, null, server.name("test")])
    );
    lock.execute_batch("ROLLBACK").unwrap();
    server.create(&json!({"name": "a"})).await.expect(201);
}

async fn write_on_moved_database_returns_503_without_change() {
    let server = Server::start().await;
    let target = server.token(&[]).await;
    let (path, away) = (server.directory().join("aether.db"), server.directory().join("away"));
    std::fs::rename(&path, &away).unwrap();
    // The path is checked every few milliseconds. This update changes nothing.
    let update = || server.put(&server.token_path(target.id)).json(&json!({}));
    eventually("the first failure", async || (server.send(update()).await.status == 503).then_some(())).await;
    let create = server.create(&json!({"name": "a"})).await.expect(503);
    let revoke = server.send(server.delete(&server.token_path(target.id))).await.expect(503);
    for response in [create, revoke] {
        assert_eq!((response.code().as_str(), response.header("retry-after")), ("unavailable", Some("1")));
    }
    // A failed write makes the server not ready at once.
    let ready = server.send(server.anonymous(reqwest::Method::GET, "/readyz")).await.expect(503);
    assert_eq!(ready.body, b"not ready: the database file was moved, removed or replaced\n");
    assert!(server.accepts(&target.secret).await, "reads go on");
    std::fs::rename(&away, &path).unwrap();
    server.revoke(target.id).await;
}

// A retry cannot succeed, unlike one on a full disk.
async fn malformed_database_returns_500() {
    let server = Server::start().await;
    let database = server.database();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'api_tokens_hash'";
    let root: u32 = database.query_row(root, [], |row| row.get(0)).unwrap();
    let set_root = |page: u32| {
        let version: u32 = database.pragma_query_value(None, "schema_version", |row| row.get(0)).unwrap();
        let sql = format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET rootpage = {page} WHERE name = 'api_tokens_hash';
             PRAGMA schema_version = {};
             PRAGMA writable_schema = RESET",
            version + 1
        );
        database.execute_batch(&sql).unwrap();
    };
    set_root(1_000_000);
    let response = server.send(server.get("/api/v1/api-tokens/current")).await.expect(500);
    assert_eq!(response.code(), "internal");
    // The failed read makes the server not ready at once.
    let ready = server.send(server.anonymous(reqwest::Method::GET, "/readyz")).await.expect(503);
    assert_eq!(ready.body, b"not ready: the database is malformed\n");
    server.send(server.anonymous(reqwest::Method::GET, "/healthz")).await.expect(200);
    set_root(root);
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
}
