//! Persistent connections, pipelining and upgrades.

use aether_tests::Server;

use crate::http1::{self, PROBE, exchange, refused, statuses};
use crate::http2;

fn probe(version: &str, fields: &str) -> String {
    format!("GET /healthz HTTP/{version}\r\nhost: a\r\n{fields}\r\n")
}

#[tokio::test]
async fn connection_persists_as_its_version_has_it() {
    let server = Server::start().await;
    for (request, expected) in [
        (probe("1.1", ""), &[200, 200][..]),
        (probe("1.1", "connection: keep-alive\r\n"), &[200, 200]),
        (probe("1.1", "connection: x\r\n"), &[200, 200]),
        (probe("1.1", "connection: close\r\n"), &[200]),
        (probe("1.1", "connection: Close\r\n"), &[200]),
        (probe("1.1", "connection: x, close\r\n"), &[200]),
        (probe("1.1", "connection: close, keep-alive\r\n"), &[200]),
        (probe("1.1", "connection: close\r\nconnection: keep-alive\r\n"), &[200]),
        (probe("1.1", "connection: keep-alive\r\nconnection: close\r\n"), &[200]),
        (probe("1.0", ""), &[200]),
        (probe("1.0", "connection: keep-alive\r\n"), &[200, 200]),
        (probe("1.0", "connection: Keep-Alive\r\n"), &[200, 200]),
        (probe("1.0", "connection: close\r\n"), &[200]),
        (probe("1.0", "connection: keep-alive, close\r\n"), &[200]),
    ] {
        assert_eq!(statuses(server.address, &request).await, expected, "{request:?}");
    }
    let response = refused(server.address, probe("1.1", "connection: close\r\n")).await;
    assert_eq!(response.header("connection"), Some("close"));
    let responses = exchange(server.address, probe("1.0", "connection: keep-alive\r\n")).await;
    assert_eq!(responses[0].header("connection"), Some("keep-alive"));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start().await;
    let secret = &server.owner.secret;
    let slow = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {secret}\r\ncontent-type: application/json\r\n\
         content-length: 12\r\n\r\n{{\"name\":\"a\"}}",
        server.tokens_path()
    );
    let nothing = "GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n";
    let requests = [&*slow, PROBE, nothing, &*slow, nothing, PROBE].concat().repeat(20);
    let statuses: Vec<_> = exchange(server.address, requests).await.iter().map(|response| response.status).collect();
    assert_eq!(statuses, [201, 200, 404, 201, 404, 200].repeat(20));
}

#[tokio::test]
async fn request_in_parts_is_put_together() {
    let server = Server::start().await;
    let mut connection = http1::Connection::open(server.address).await;
    connection.stream.set_nodelay(true).unwrap();
    for byte in PROBE.as_bytes() {
        connection.send([*byte]).await;
    }
    assert_eq!(connection.response().await.unwrap().status, 200);
}

#[tokio::test]
async fn response_arrives_after_the_client_has_shut_down_its_side() {
    let server = Server::start().await;
    assert_eq!(exchange(server.address, PROBE).await[0].status, 200);
}

#[tokio::test]
async fn upgrade_is_ignored() {
    let server = Server::start().await;
    for fields in [
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n",
        "upgrade: TLS/1.0\r\n",
    ] {
        assert_eq!(statuses(server.address, probe("1.1", fields)).await, [200, 200], "{fields:?}");
    }
}

#[tokio::test]
async fn preface_of_http2_in_a_kept_alive_connection_is_refused() {
    let server = Server::start().await;
    let mut connection = http1::Connection::open(server.address).await;
    connection.send(PROBE).await;
    assert_eq!(connection.response().await.unwrap().status, 200);
    connection.send(http2::PREFACE).await;
    let end = connection.end().await;
    assert!(end.is_empty() || end.starts_with(b"HTTP/1.1 400"), "{:?}", String::from_utf8_lossy(&end));
}
