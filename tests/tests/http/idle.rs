//! Connections between requests.

use std::time::{Duration, Instant};

use aether_tests::{Options, Server};

use crate::http1::{self, PROBE, soon};
use crate::http2::{self, GOAWAY, NO_ERROR, Outcome, PING};

const IDLE: Duration = Duration::from_millis(800);

async fn server() -> Server {
    Server::with(Options::default().and("--stall-timeout=200ms").and("--idle-timeout=800ms")).await
}

#[tokio::test]
async fn idle_connection_is_closed_after_the_idle_timeout() {
    let server = server().await;
    let mut connection = http1::Connection::open(server.address).await;
    let begun = Instant::now();
    connection.send(PROBE).await;
    assert_eq!(connection.response().await.unwrap().status, 200);
    assert_eq!(connection.end().await, b"");
    assert!(begun.elapsed() >= IDLE, "longer than the stall timeout");
}

#[tokio::test]
async fn idle_http2_connection_receives_goaway_after_the_idle_timeout() {
    let server = server().await;
    let mut connection = http2::Connection::open(server.address, &[]).await;
    let begun = Instant::now();
    connection.request(1, &http2::PROBE).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(200));
    assert!(connection.next_of(GOAWAY).await.is_some());
    assert!(begun.elapsed() >= IDLE, "longer than the stall timeout");
    assert_eq!(connection.end().await, Some(NO_ERROR));
}

#[tokio::test]
async fn request_on_the_way_at_the_idle_timeout_is_served() {
    let server = server().await;
    let mut connection = http2::Connection::open(server.address, &[]).await;
    connection.request(1, &http2::PROBE).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(200));
    // The first GOAWAY leaves room for requests that the client has sent before it arrived. The ping behind it is not answered yet.
    while let Some(frame) = connection.next_unanswered().await {
        if frame.kind == GOAWAY {
            break;
        }
    }
    connection.request(3, &http2::PROBE).await;
    assert_eq!(connection.outcome(3).await, Outcome::Status(200));
    assert!(connection.end().await.is_none_or(|error| error == NO_ERROR));
}

#[tokio::test]
async fn pings_do_not_extend_an_idle_connection() {
    let server = server().await;
    let mut connection = http2::Connection::open(server.address, &[]).await;
    connection.request(1, &http2::PROBE).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(200));
    soon("GOAWAY", async {
        loop {
            connection.send_frame(PING, 0, 0, &[7; 8]).await;
            match connection.next().await {
                Some(frame) if frame.kind != GOAWAY => {}
                _ => break,
            }
        }
    })
    .await;
}

#[tokio::test]
async fn http2_client_that_ignores_goaway_is_closed() {
    let server = server().await;
    let mut connection = http2::Connection::open(server.address, &[]).await;
    connection.request(1, &http2::PROBE).await;
    // Without an answer to the ping after GOAWAY, HTTP/2 would wait for ever.
    soon("the end", async { while connection.next_unanswered().await.is_some() {} }).await;
}
