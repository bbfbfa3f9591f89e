//! getCurrentApiToken and revokeCurrentApiToken.

use aether_tests::Server;
use serde_json::json;

crate::tests!(
    token_without_scopes_reads_itself,
    token_in_query_is_rejected_with_401,
    token_in_query_is_rejected_with_422_next_to_a_credential,
    token_revokes_itself
);

async fn token_without_scopes_reads_itself() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let current = server.send(server.get_current(&token.secret)).await.expect(200).json();
    assert_eq!(current["id"], json!(token.id));
    assert_eq!(current["scopes"], json!([]));
    assert_eq!((&current["state"], &current["revoked_at"]), (&json!("active"), &json!(null)));
}

async fn token_in_query_is_rejected_with_401() {
    let server = Server::start().await;
    let path = format!("/api/v1/api-tokens/current?access_token={0}&token={0}", server.owner.secret);
    let response = server.send(server.anonymous(reqwest::Method::GET, &path)).await.expect(401);
    assert_eq!(response.header("www-authenticate"), Some("Bearer"));
}

async fn token_in_query_is_rejected_with_422_next_to_a_credential() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let path = "/api/v1/api-tokens/current?access_token=x";
    for request in [server.get(path), server.delete(path)] {
        let response = server.send(request.bearer_auth(&token.secret)).await.expect(422);
        assert_eq!(response.problems(), ["access_token/unknown_field"]);
    }
    assert!(server.accepts(&token.secret).await, "nothing was revoked");
}

async fn token_revokes_itself() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let revoke = || server.delete("/api/v1/api-tokens/current").bearer_auth(&token.secret);
    let response = server.send(revoke()).await.expect(204);
    assert!(response.body.is_empty());
    server.send(revoke()).await.expect(401);
    let record = server.record(token.id).await;
    assert!(record["revoked_at"].is_string());
}
