//! Request bodies: media type, size, timeout and JSON syntax.

use aether_tests::contract::CONTRACT;
use aether_tests::{Options, Response, Server};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

crate::tests!(
    body_without_json_media_type_is_rejected_with_415,
    oversized_body_is_rejected_with_413,
    slow_body_is_rejected_with_408,
    body_other_than_json_object_is_rejected_with_422,
    duplicate_json_key_is_rejected_with_422,
    body_of_anonymous_request_is_not_read,
    body_limits_apply_to_every_operation,
);

async fn body_without_json_media_type_is_rejected_with_415() {
    let server = Server::start().await;
    let post = |content_type: &str| {
        server.post(&server.tokens_path()).header("content-type", content_type).body(r#"{"name":"a"}"#)
    };
    for accepted in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        server.send(post(accepted)).await.expect(201);
    }
    for rejected in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/problem+json", ""]
    {
        let response = server.send(post(rejected)).await.expect(415);
        assert_eq!(response.code(), "unsupported_media_type", "{rejected}");
    }
    let untyped = server.post(&server.tokens_path()).body(r#"{"name":"a"}"#);
    server.send(untyped).await.expect(415);
    let compressed = post("application/json").header("content-encoding", "gzip");
    server.send(compressed).await.expect(415);
}

/// Sends a creation with this body as JSON.
async fn post_json(server: &Server, body: impl Into<reqwest::Body>) -> Response {
    let request = server.post(&server.tokens_path()).header("content-type", "application/json");
    server.send(request.body(body)).await
}

/// Sends raw bytes on a connection, and reads until the server closes it.
async fn exchange(server: &Server, request: &str) -> Vec<u8> {
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    response
}

/// Sends a request whose body is shorter than its content length.
async fn send_incomplete(server: &Server, method: &Method, path: &str, media_type: &str, body: &str) -> Response {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {}\r\ncontent-type: {media_type}\r\n\
         content-length: 12\r\nconnection: close\r\n\r\n{body}",
        server.owner.secret
    );
    server.check_raw(method, path, &exchange(server, &request).await)
}

async fn oversized_body_is_rejected_with_413() {
    let server = Server::start().await;
    let padded = |length: usize| {
        let body = r#"{"name":"a"}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    post_json(&server, padded(65_536)).await.expect(201);
    let response = post_json(&server, padded(65_537)).await.expect(413);
    assert_eq!(response.code(), "payload_too_large");
    // A streamed body has no content length.
    let chunks = (0..9).map(|_| Ok::<_, std::io::Error>(" ".repeat(8192)));
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    post_json(&server, stream).await.expect(413);
}

async fn slow_body_is_rejected_with_408() {
    let server = Server::with(Options::default().and("--body-timeout=100ms")).await;
    let path = server.tokens_path();
    let response = send_incomplete(&server, &Method::POST, &path, "application/json", r#"{"name""#).await.expect(408);
    assert_eq!(response.code(), "request_timeout");
}

async fn body_other_than_json_object_is_rejected_with_422() {
    let server = Server::start().await;
    for (body, expected) in [
        ("", "body/required"),
        ("{", "body/invalid_format"),
        ("{'name':'a'}", "body/invalid_format"),
        (r#"{"name":"a"} {}"#, "body/invalid_format"),
        ("\u{feff}{}", "body/invalid_format"),
        ("[]", "body/invalid_type"),
        ("null", "body/invalid_type"),
        (r#""name""#, "body/invalid_type"),
    ] {
        assert_eq!(post_json(&server, body).await.expect(422).problems(), [expected], "{body:?}");
    }
    let response = post_json(&server, vec![b'"', 0xff, b'"']).await.expect(422);
    assert_eq!(response.problems(), ["body/invalid_format"]);
}

async fn duplicate_json_key_is_rejected_with_422() {
    let server = Server::start().await;
    let response = post_json(&server, r#"{"name":"a","scopes":[],"name":"b"}"#).await.expect(422);
    assert_eq!(response.problems(), ["name/duplicate"]);
}

async fn body_of_anonymous_request_is_not_read() {
    let server = Server::start().await;
    let path = server.tokens_path();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: aether\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\
         expect: 100-continue\r\nconnection: close\r\n\r\n"
    );
    let bytes = exchange(&server, &request).await;
    // No `100 Continue` precedes the 401.
    assert!(bytes.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&bytes));
    let response = server.check_raw(&Method::POST, &path, &bytes).expect(401);
    assert_eq!(response.json()["error"]["details"], json!(null));
}

async fn body_limits_apply_to_every_operation() {
    let server = Server::with(Options::default().and("--body-timeout=100ms")).await;
    for operation in &CONTRACT.operations {
        let Some(media_type) = &operation.body_media_type else { continue };
        let path = server.expand_path(&operation.path, server.owner.id);
        let send = |content_type: &str, body: String| {
            let request = server.anonymous(operation.method.clone(), &path).bearer_auth(&server.owner.secret);
            server.send(request.header("content-type", content_type).body(body))
        };
        let response = send("text/plain", "x".into()).await.expect(415);
        assert!(response.json()["error"]["message"].as_str().unwrap().contains(media_type), "{}", operation.id);
        send(media_type, " ".repeat(65_537)).await.expect(413);
        send_incomplete(&server, &operation.method, &path, media_type, "x").await.expect(408);
    }
}
