//! What happens when the database fails or is busy, provoked as it would happen: by somebody else at the same file.

use std::time::Duration;

use aether_tests::contract::CONTRACT;
use aether_tests::{Options, Server};
use serde_json::json;

crate::tests!(a_broken_database_is_a_500_of_every_operation, a_busy_database_is_a_503_that_changes_nothing);

async fn a_broken_database_is_a_500_of_every_operation() {
    let server = Server::start().await;
    let target = server.token(&[]).await;
    server.database().execute_batch("ALTER TABLE api_tokens RENAME TO gone").unwrap();
    for operation in &CONTRACT.operations {
        let path = operation
            .path
            .replace("{orgID}", &server.organization.to_string())
            .replace("{tokenID}", &target.id.to_string());
        let mut request = server.anonymous(operation.method.clone(), &path).bearer_auth(&server.owner);
        if operation.has_body {
            request = request.json(&json!({"name": "a"}));
        }
        let answer = server.send(request).await.expect(500);
        assert_eq!(answer.json(), json!({"error": {"code": "internal", "message": "Internal error."}}));
    }
    server.database().execute_batch("ALTER TABLE gone RENAME TO api_tokens").unwrap();
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
}

async fn a_busy_database_is_a_503_that_changes_nothing() {
    let server = Server::with(Options { busy_timeout: Duration::from_millis(500), ..Options::default() }).await;
    let target = server.token(&[]).await;
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let create = server.create(&json!({"name": "a"})).await.expect(503);
    let revoke = server.send(server.delete(&server.token_path(target.id))).await.expect(503);
    for answer in [create, revoke] {
        assert_eq!(answer.code(), "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    // Reading goes on meanwhile.
    let found = server.send(server.get(&server.token_path(target.id))).await.expect(200).json();
    assert_eq!(found["revoked_at"], json!(null));
    other.execute_batch("ROLLBACK").unwrap();
    server.create(&json!({"name": "a"})).await.expect(201);
}
