//! The body: its media type, its size, its time, and JSON that is none.

use std::time::Duration;

use aether_tests::contract::CONTRACT;
use aether_tests::{Options, Server};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

crate::tests!(
    only_json_is_read,
    a_body_has_a_limit,
    a_slow_body_times_out,
    what_is_no_json_object_is_reported,
    a_repeated_key_is_reported,
    a_body_without_credentials_is_not_read,
    every_body_is_read_in_the_same_way,
);

async fn only_json_is_read() {
    let server = Server::start().await;
    let post = |content_type: &str| {
        server.post(&server.tokens_path()).header("content-type", content_type).body(r#"{"name":"a"}"#)
    };
    for good in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        server.send(post(good)).await.expect(201);
    }
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/problem+json", ""]
    {
        assert_eq!(server.send(post(bad)).await.expect(415).code(), "unsupported_media_type", "{bad}");
    }
    let none = server.post(&server.tokens_path()).body(r#"{"name":"a"}"#);
    server.send(none).await.expect(415);
    let compressed = post("application/json").header("content-encoding", "gzip");
    server.send(compressed).await.expect(415);
}

async fn a_body_has_a_limit() {
    let server = Server::start().await;
    let padded = |length: usize| {
        let body = r#"{"name":"a"}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let post =
        |body: reqwest::Body| server.post(&server.tokens_path()).header("content-type", "application/json").body(body);
    server.send(post(padded(65_536).into())).await.expect(201);
    let answer = server.send(post(padded(65_537).into())).await.expect(413);
    assert_eq!(answer.code(), "payload_too_large");
    // Without a length to go by.
    let chunks = (0..9).map(|_| Ok::<_, std::io::Error>(" ".repeat(8192)));
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    server.send(post(stream)).await.expect(413);
}

async fn a_slow_body_times_out() {
    let server = Server::with(Options { body_timeout: Duration::from_millis(100), ..Options::default() }).await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 12\r\nconnection: close\r\n\r\n{{\"name\"",
        server.tokens_path(),
        server.owner
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = server.observe_raw("POST", &server.tokens_path(), &answer).expect(408);
    assert_eq!(answer.code(), "request_timeout");
}

async fn what_is_no_json_object_is_reported() {
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
        let request = server.post(&server.tokens_path()).header("content-type", "application/json").body(body);
        assert_eq!(server.send(request).await.expect(422).problems(), [expected], "{body:?}");
    }
    let request =
        server.post(&server.tokens_path()).header("content-type", "application/json").body(vec![b'"', 0xff, b'"']);
    assert_eq!(server.send(request).await.expect(422).problems(), ["body/invalid_format"]);
}

async fn a_repeated_key_is_reported() {
    let server = Server::start().await;
    let body = r#"{"name":"a","scopes":[],"name":"b"}"#;
    let request = server.post(&server.tokens_path()).header("content-type", "application/json").body(body);
    assert_eq!(server.send(request).await.expect(422).problems(), ["name/duplicate"]);
}

async fn a_body_without_credentials_is_not_read() {
    let server = Server::start().await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: aether\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\
         expect: 100-continue\r\nconnection: close\r\n\r\n",
        server.tokens_path()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    // Not even an invitation to send it.
    assert!(answer.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(
        server.observe_raw("POST", &server.tokens_path(), &answer).expect(401).json()["error"]["details"],
        json!(null)
    );
}

async fn every_body_is_read_in_the_same_way() {
    let server = Server::with(Options { body_timeout: Duration::from_millis(100), ..Options::default() }).await;
    for operation in &CONTRACT.operations {
        let Some(media_type) = &operation.body else { continue };
        let path = operation
            .path
            .replace("{orgID}", &server.organization.to_string())
            .replace("{tokenID}", &server.owner_id.to_string());
        let ask = |content_type: &str, body: String| {
            let request = server.anonymous(operation.method.clone(), &path).bearer_auth(&server.owner);
            server.send(request.header("content-type", content_type).body(body))
        };
        let answer = ask("text/plain", "x".into()).await.expect(415);
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains(media_type), "{}", operation.id);
        ask(media_type, " ".repeat(65_537)).await.expect(413);
        let head = format!(
            "{} {path} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {}\r\ncontent-type: {media_type}\r\n\
             content-length: 12\r\nconnection: close\r\n\r\nx",
            operation.method, server.owner
        );
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        server.observe_raw(operation.method.as_str(), &path, &answer).expect(408);
    }
}
