//! Request bodies that arrive late, or that the server does not ask for.

use aether_tests::contract::CONTRACT;
use aether_tests::{Options, Response, Server};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

crate::tests!(body_timeout_applies_to_every_operation, body_of_anonymous_request_is_not_read,);

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

async fn body_timeout_applies_to_every_operation() {
    let server = Server::with(Options::default().and("--body-timeout=100ms")).await;
    for operation in &CONTRACT.operations {
        let Some(media_type) = &operation.body_media_type else { continue };
        let path = server.expand_path(&operation.path, server.owner.id);
        let response = send_incomplete(&server, &operation.method, &path, media_type, "x").await.expect(408);
        assert_eq!(response.code(), "request_timeout");
    }
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
