//! getCurrentApiToken and revokeCurrentApiToken.

use crate::Api;
use serde_json::json;

super::tests!(
    token_without_scopes_reads_itself,
    token_in_query_is_rejected_with_401,
    token_in_query_is_rejected_with_422_next_to_a_credential,
    token_revokes_itself
);

async fn token_without_scopes_reads_itself(api: Api) {
    let token = api.token(&[]).await;
    let current = api.send(api.get_current(&token.secret)).await.expect(200).json();
    assert_eq!(current["id"], json!(token.id));
    assert_eq!(current["scopes"], json!([]));
    assert_eq!((&current["state"], &current["revoked_at"]), (&json!("active"), &json!(null)));
}

async fn token_in_query_is_rejected_with_401(api: Api) {
    let path = format!("/api/v1/api-tokens/current?access_token={0}&token={0}", api.root.secret);
    let response = api.send(api.anonymous(reqwest::Method::GET, &path)).await.expect(401);
    assert_eq!(response.header("www-authenticate"), Some("Bearer"));
}

async fn token_in_query_is_rejected_with_422_next_to_a_credential(api: Api) {
    let token = api.token(&[]).await;
    let path = "/api/v1/api-tokens/current?access_token=x";
    for request in [api.get(path), api.delete(path)] {
        let response = api.send(request.bearer_auth(&token.secret)).await.expect(422);
        assert_eq!(response.problems(), ["access_token/unknown_field"]);
    }
    assert!(api.accepts(&token.secret).await, "nothing was revoked");
}

async fn token_revokes_itself(api: Api) {
    let token = api.token(&[]).await;
    let revoke = || api.delete("/api/v1/api-tokens/current").bearer_auth(&token.secret);
    let response = api.send(revoke()).await.expect(204);
    assert!(response.body.is_empty());
    api.send(revoke()).await.expect(401);
    let record = api.record(token.id).await;
    assert!(record["revoked_at"].is_string());
}
