//! getCurrentApiToken.

use aether_tests::Server;
use serde_json::json;

crate::tests!(every_live_token_may_look_at_itself, a_token_in_the_query_is_never_read);

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
