//! Conditional requests.

use aether_tests::Server;

use crate::http1::exchange;

async fn status(server: &Server, method: &str, path: &str, fields: &str, body: &str) -> u16 {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{fields}\r\n\r\n{body}",
        server.owner.secret,
        body.len()
    );
    exchange(server.address, request).await[0].status
}

#[tokio::test]
async fn false_condition_is_rejected_with_412() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let (tokens, path) = (server.tokens_path(), server.token_path(token.id));
    let before = server.all_events().await.len();
    for condition in
        ["if-match: \"a\"", "if-match: \"a\", \"b\"", "If-Match: W/\"a\"", "if-none-match: *", "if-match: a"]
    {
        for (method, path, body) in [
            ("POST", &tokens, r#"{"name":"a"}"#),
            ("PUT", &path, r#"{"name":"b"}"#),
            ("DELETE", &path, ""),
            ("POST", &format!("{path}/rotate"), "{}"),
        ] {
            assert_eq!(status(&server, method, path, condition, body).await, 412, "{method} {path} {condition}");
        }
    }
    assert_eq!(server.all_events().await.len(), before, "nothing was done");
    // The other checks come first.
    assert_eq!(status(&server, "PUT", &path, "if-match: \"a\"", r#"{"name":""}"#).await, 422);
    assert_eq!(status(&server, "PUT", &path, "if-match: \"a\"\r\ncontent-encoding: gzip", "{}").await, 415);
    let other = server.other_organization().await;
    let foreign = format!("/api/v1/organizations/{}/api-tokens", other.id);
    assert_eq!(status(&server, "POST", &foreign, "if-match: \"a\"", r#"{"name":"a"}"#).await, 404);
}

#[tokio::test]
async fn true_condition_and_those_of_safe_requests_have_no_effect() {
    let server = Server::start().await;
    let path = server.token_path(server.token(&[]).await.id);
    for condition in ["if-match: *", "if-none-match: \"a\"", "if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT"] {
        assert_eq!(status(&server, "PUT", &path, condition, r#"{"name":"b"}"#).await, 200, "{condition}");
    }
    for condition in
        ["if-match: \"a\"", "if-none-match: *", "if-modified-since: Thu, 01 Jan 2099 00:00:00 GMT", "range: bytes=0-1"]
    {
        assert_eq!(status(&server, "GET", &path, condition, "").await, 200, "{condition}");
    }
    // A request that failed its condition has not used its idempotency key.
    let tokens = server.tokens_path();
    let key = "idempotency-key: k";
    assert_eq!(status(&server, "POST", &tokens, &format!("{key}\r\nif-none-match: *"), r#"{"name":"a"}"#).await, 412);
    assert_eq!(status(&server, "POST", &tokens, key, r#"{"name":"a"}"#).await, 201);
}
