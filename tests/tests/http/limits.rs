//! The limits of connections, streams and buffers.

use aether_tests::{Options, Server};
use futures::FutureExt;

use crate::http1::{self, PROBE, refused};
use crate::http2::{self, END_HEADERS, HEADERS, Outcome, REFUSED_STREAM, SETTINGS, fields};

#[tokio::test]
async fn connection_above_the_limit_waits_and_is_served() {
    let server = Server::with(Options::default().and("--max-connections=3")).await;
    let mut connections = Vec::new();
    for _ in 0..3 {
        let mut connection = http1::Connection::open(server.address).await;
        connection.send(PROBE).await;
        assert_eq!(connection.response().await.unwrap().status, 200);
        connections.push(connection);
    }
    let mut fourth = http1::Connection::open(server.address).await;
    fourth.send(PROBE).await;
    for _ in 0..20 {
        for connection in &mut connections {
            connection.send(PROBE).await;
            assert_eq!(connection.response().await.unwrap().status, 200);
        }
        assert_eq!(fourth.response().now_or_never(), None, "the limit is reached");
    }
    connections.pop();
    assert_eq!(fourth.response().await.unwrap().status, 200);
}

#[tokio::test]
async fn stream_above_the_limit_is_refused() {
    const MAX_CONCURRENT_STREAMS: [u8; 2] = [0, 3];
    let server = Server::with(Options::default().and("--max-streams=2")).await;
    let mut connection = http2::Connection::open(server.address, &[]).await;
    let settings = connection.next_of(SETTINGS).await.unwrap();
    let streams = settings.payload.chunks(6).find(|setting| setting[..2] == MAX_CONCURRENT_STREAMS).unwrap();
    assert_eq!(streams[2..], [0, 0, 0, 2]);
    let (path, bearer) = (server.tokens_path(), format!("Bearer {}", server.owner.secret));
    let post = fields(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", &path),
        ("authorization", &bearer),
        ("content-type", "application/json"),
    ]);
    for stream in [1, 3, 5] {
        connection.send_frame(HEADERS, END_HEADERS, stream, &post).await;
    }
    assert_eq!(connection.outcome(5).await, Outcome::Reset(REFUSED_STREAM));
    // The others go on.
    for stream in [1, 3] {
        connection.send_frame(http2::DATA, http2::END_STREAM, stream, br#"{"name":"a"}"#).await;
        assert_eq!(connection.outcome(stream).await, Outcome::Status(201));
    }
}

#[tokio::test]
async fn head_above_the_buffer_is_rejected_with_431() {
    let server = Server::with(Options::default().and("--max-buffer=8192")).await;
    for head in [
        format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(9000)),
        format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(1500)),
        format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx: {}", "y".repeat(9000)),
        format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(101)),
    ] {
        assert_eq!(refused(server.address, &head).await.status, 431, "{}", head.len());
    }
    let large = "y".repeat(9000);
    let request: Vec<_> = http2::PROBE.into_iter().chain([("x", &*large)]).collect();
    assert_eq!(http2::outcome(server.address, &request).await, Outcome::Status(431));
}

#[tokio::test]
async fn target_that_is_too_long_is_rejected_with_414() {
    let server = Server::start().await;
    let query = "q".repeat(20_000);
    let request = format!("GET /healthz?{query} HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(refused(server.address, request).await.status, 414);
    let path = format!("/healthz?{query}");
    let request = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", &*path)];
    // Not in one frame.
    let mut connection = http2::Connection::open(server.address, &[]).await;
    let block = fields(&request);
    connection.send_frame(HEADERS, http2::END_STREAM, 1, &block[..16_384]).await;
    connection.send_frame(http2::CONTINUATION, END_HEADERS, 1, &block[16_384..]).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(414));
    // A request line of 8,000 bytes has to be possible.
    let query = "q".repeat(8000);
    let request = format!("GET /healthz?{query} HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(http1::statuses(server.address, request).await, [200, 200]);
}
