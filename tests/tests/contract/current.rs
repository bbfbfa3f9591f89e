//! getCurrentApiToken.

use aether_tests::Server;
use serde_json::json;

crate::tests!(every_live_token_may_look_at_itself, a_token_in_the_query_is_never_read, a_token_ends_itself);

async fn every_live_token_may_look_at_itself() {
    let server = Server::start().await;
    let bare = server.token(&[]).await;
    let request = server.get("/api/v1/api-tokens/current").bearer_auth(&bare.token);
    let current = server.send(request).await.expect(200).json();
    assert_eq!(current["id"], json!(bare.id));
    assert_eq!(current["scopes"], json!([]));
    assert_eq!(current["revoked_at"], json!(null));
}

async fn a_token_in_the_query_is_never_read() {
    let server = Server::start().await;
    let path = format!("/api/v1/api-tokens/current?access_token={0}&token={0}", server.owner);
    let answer = server.send(server.anonymous(reqwest::Method::GET, &path)).await.expect(401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
}

async fn a_token_ends_itself() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let end = || server.delete("/api/v1/api-tokens/current").bearer_auth(&token.token);
    let answer = server.send(end()).await.expect(204);
    assert!(answer.body.is_empty());
    // Through here, the token is dead.
    server.send(end()).await.expect(401);
    let found = server.send(server.get(&server.token_path(token.id))).await.expect(200).json();
    assert!(found["revoked_at"].is_string());
}
