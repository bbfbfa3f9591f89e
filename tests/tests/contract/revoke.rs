//! revokeApiToken.

use aether_tests::{Server, Token};
use serde_json::json;
use uuid::Uuid;

crate::tests!(
    revoked_token_is_rejected_with_401,
    repeated_revocation_changes_nothing,
    revocation_of_uncovered_token_is_rejected_with_403,
    token_revokes_itself,
    absent_or_foreign_token_is_rejected_with_404,
    malformed_parameters_are_rejected_with_422,
    descendants_are_revoked_only_on_request,
);

async fn revoked_token_is_rejected_with_401() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.send(server.get_current(&token.secret)).await.expect(200);
    server.revoke(token.id).await;
    for _ in 0..20 {
        server.send(server.get_current(&token.secret)).await.expect(401);
    }
}

async fn repeated_revocation_changes_nothing() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.revoke(token.id).await;
    let first = server.record(token.id).await;
    server.revoke(token.id).await;
    let second = server.record(token.id).await;
    assert_eq!(first, second);
}

async fn revocation_of_uncovered_token_is_rejected_with_403() {
    let server = Server::start().await;
    let caller = server.token(&["api-tokens:write", "deploy:*"]).await;
    let weaker = server.token(&["deploy:eu"]).await;
    let stronger = server.token(&["deploy:eu", "billing"]).await;
    let revoke = |id: Uuid| server.delete(&server.token_path(id)).bearer_auth(&caller.secret);
    server.send(revoke(weaker.id)).await.expect(204);
    // Cover is checked before the state of the target, so a revoked target gets the same response.
    for _ in 0..2 {
        let response = server.send(revoke(stronger.id)).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        assert_eq!(response.code(), "insufficient_scope");
        server.revoke(stronger.id).await;
    }
    server.send(revoke(server.owner.id)).await.expect(403);
}

async fn token_revokes_itself() {
    let server = Server::start().await;
    let token = server.token(&["api-tokens:write"]).await;
    let revoke = || server.delete(&server.token_path(token.id)).bearer_auth(&token.secret);
    server.send(revoke()).await.expect(204);
    server.send(revoke()).await.expect(401);
}

async fn absent_or_foreign_token_is_rejected_with_404() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    for id in [Uuid::now_v7(), foreign.owner.id] {
        let response = server.send(server.delete(&server.token_path(id))).await.expect(404);
        assert_eq!(response.json(), json!({"error": {"code": "not_found", "message": "Not found."}}));
    }
}

async fn malformed_parameters_are_rejected_with_422() {
    let server = Server::start().await;
    let response = server.send(server.delete("/api/v1/organizations/1/api-tokens/2")).await.expect(422);
    assert_eq!(response.problems(), ["orgID/invalid_format", "tokenID/invalid_format"]);
    let response = server.send(server.delete(&format!("{}?descendants=yes", server.token_path(server.owner.id)))).await;
    assert_eq!(response.expect(422).problems(), ["descendants/invalid_type"]);
}

async fn descendants_are_revoked_only_on_request() {
    let server = Server::start().await;
    let parent = server.token(&["api-tokens:write", "a"]).await;
    let child = server.token_by(&parent, &["api-tokens:write", "a"]).await;
    let grandchild = server.token_by(&child, &["a"]).await;
    let unrelated = server.token(&["a"]).await;
    let accepts = async |token: &Token| server.accepts(&token.secret).await;
    server.revoke(parent.id).await;
    assert_eq!([accepts(&parent).await, accepts(&child).await, accepts(&grandchild).await], [false, true, true]);
    server.revoke_with_descendants(parent.id).await;
    assert_eq!([accepts(&child).await, accepts(&grandchild).await], [false, false]);
    assert!(accepts(&unrelated).await && accepts(&server.owner).await);
}
