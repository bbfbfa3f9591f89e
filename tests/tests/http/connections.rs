//! Connections that do not get on are closed and give their place to the next one.

use std::io;
use std::time::Duration;

use aether_tests::{Options, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http1::{self, PROBE, soon};
use crate::http2::{
    self, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, PING, PREFACE, fields, settings,
};
use crate::tls;

/// The first bytes of a TLS handshake: a record of 512 bytes with a `ClientHello`.
const HALF_HELLO: &[u8] = &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

/// A server for one connection at a time.
fn options() -> Options {
    Options::default().and("--max-connections=1").and("--stall-timeout=300ms").and("--body-timeout=300ms")
}

/// Waits until another connection is served, so the server has closed the one before.
async fn assert_free(server: &Server, subject: &str) {
    let mut next = http1::Connection::open(server.address).await;
    next.send(PROBE).await;
    assert_eq!(next.response().await.map(|response| response.status), Some(200), "{subject}");
}

#[tokio::test]
async fn silent_connection_or_half_a_head_is_closed() {
    let server = Server::with(options()).await;
    let post = format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-le", server.tokens_path());
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"G",
        b"GET /healthz HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\r\n",
        post.as_bytes(),
        &PREFACE[..3],
        &PREFACE[..20],
        PREFACE,
        &[PREFACE, &settings(&[])[..5]].concat(),
        &[PREFACE, &settings(&[])].concat(),
    ] {
        let mut connection = http1::Connection::open(server.address).await;
        connection.send(bytes).await;
        assert_free(&server, &String::from_utf8_lossy(bytes)).await;
        let end = connection.end().await;
        assert!(!end.starts_with(b"HTTP/1.1 2"), "{:?}", String::from_utf8_lossy(&end));
    }
}

#[tokio::test]
async fn head_that_arrives_byte_by_byte_is_closed() {
    let server = Server::with(options()).await;
    let mut connection = http1::Connection::open(server.address).await;
    let (mut reader, mut writer) = connection.stream.split();
    // Each byte arrives before the timeout, and the head stays below its largest size.
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let dripping = async {
        writer.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: ").await?;
        loop {
            pace.tick().await;
            writer.write_all(b"y").await?;
        }
    };
    soon("the end of the connection", async {
        tokio::select! {
            result = dripping => drop::<io::Result<()>>(result),
            _ = reader.read_u8() => {}
        }
    })
    .await;
    assert_free(&server, "byte by byte").await;
}

#[tokio::test]
async fn half_a_head_on_a_kept_alive_connection_is_closed() {
    let server = Server::with(options().and("--idle-timeout=1h")).await;
    let mut connection = http1::Connection::open(server.address).await;
    connection.send(PROBE).await;
    assert_eq!(connection.response().await.unwrap().status, 200);
    connection.send("GET /healthz HTTP/1.1\r\nho").await;
    assert_free(&server, "half a head").await;
    assert_eq!(connection.end().await, b"");
}

#[tokio::test]
async fn tls_handshake_that_stops_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::with(tls::options(&directory, options())).await;
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).pool_max_idle_per_host(0);
    let client = client.build().unwrap();
    for bytes in [&b""[..], HALF_HELLO, b"\x16", b"GET / HTTP/1.1\r\n\r\n"] {
        let mut connection = http1::Connection::open(server.address).await;
        connection.send(bytes).await;
        let next = client.get(format!("https://{}/healthz", server.address)).send();
        assert_eq!(soon("the next connection", next).await.unwrap().status(), 200);
        connection.end().await;
    }
}

#[tokio::test]
async fn field_section_without_its_end_is_closed() {
    let server = Server::with(options()).await;
    let mut connection = http2::Connection::open(server.address, &[]).await;
    let block = fields(&http2::PROBE);
    connection.send_frame(HEADERS, END_STREAM, 1, &block[..10]).await;
    connection.send_frame(CONTINUATION, 0, 1, &block[10..20]).await;
    assert_free(&server, "HEADERS without END_HEADERS").await;
    connection.end().await;
}

#[tokio::test]
async fn response_that_is_not_read_closes_the_connection() {
    let server = Server::with(options().and("--idle-timeout=1h")).await;
    let mut connection = http1::Connection::with_small_buffer(server.address).await;
    // More than the buffers of both sides hold.
    connection.send("GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(400)).await;
    assert_free(&server, "pipelined requests").await;
}

#[tokio::test]
async fn response_without_a_window_closes_the_connection() {
    let server = Server::with(options().and("--idle-timeout=1h")).await;
    for (window, path) in
        [(0, "/healthz"), (1, "/healthz"), (0, "/openapi.json"), (1, "/openapi.json"), (20_000, "/openapi.json")]
    {
        let mut connection = http2::Connection::open(server.address, &[(INITIAL_WINDOW_SIZE, window)]).await;
        let mut request = http2::PROBE;
        request[3].1 = path;
        connection.send_frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields(&request)).await;
        assert_free(&server, &format!("{path} with a window of {window}")).await;
        connection.end().await;
    }
}

#[tokio::test]
async fn one_unread_response_among_others_closes_the_connection() {
    let server = Server::with(options().and("--idle-timeout=1h")).await;
    let mut connection = http2::Connection::open(server.address, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    connection.request(1, &http2::PROBE).await;
    // The connection goes on with pings.
    soon("the end of the connection", async {
        connection.send_frame(PING, 0, 0, &[0; 8]).await;
        while let Some(frame) = connection.next().await {
            if frame.kind == PING {
                connection.send_frame(PING, 0, 0, &[0; 8]).await;
            }
        }
    })
    .await;
    assert_free(&server, "a ping flood").await;
}

#[tokio::test]
async fn body_that_stops_is_answered_with_408() {
    let server = Server::with(options()).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
        server.tokens_path(),
        server.owner.secret
    );
    for body in [
        "content-length: 100\r\n\r\n{\"na",
        "transfer-encoding: chunked\r\n\r\n4\r\n{\"na",
        "content-length: 9\r\n\r\n",
    ] {
        let mut connection = http1::Connection::open(server.address).await;
        connection.send(format!("{head}{body}")).await;
        assert_eq!(connection.response().await.unwrap().status, 408, "{body}");
        assert_free(&server, body).await;
        assert_eq!(connection.end().await, b"", "{body}");
    }
}

#[tokio::test]
async fn body_that_arrives_slowly_is_no_stall() {
    let options = Options::default().and("--stall-timeout=200ms").and("--idle-timeout=200ms");
    let server = Server::with(options).await;
    let mut connection = http1::Connection::open(server.address).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 12\r\n\r\n",
        server.tokens_path(),
        server.owner.secret
    );
    connection.send(head).await;
    connection.send("{\"na").await;
    // A connection that was made later is closed for its silence: the timeout has passed.
    http1::Connection::open(server.address).await.end().await;
    connection.send("me\":\"a\"}").await;
    assert_eq!(connection.response().await.unwrap().status, 201);
}
