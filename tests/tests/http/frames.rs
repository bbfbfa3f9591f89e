//! Frames, settings and windows of HTTP/2: errors of the connection.

use std::fmt::Debug;

use aether_tests::{Options, Server};

use crate::http2::{
    ACK, COMPRESSION_ERROR, CONTINUATION, Connection, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, NO_ERROR, Outcome,
    PING, PREFACE, PRIORITY, PROBE, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE,
    fields, frame, settings,
};

/// Sends bytes after a served request, and expects `GOAWAY` with one of the errors.
async fn fails(server: &Server, subject: impl Debug, bytes: &[u8], errors: &[u32]) {
    let mut connection = Connection::open(server.address, &[]).await;
    connection.request(1, &PROBE).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(200));
    connection.send(bytes).await;
    let error = connection.end().await;
    assert!(error.is_some_and(|error| errors.contains(&error)), "{subject:?}: {error:?}");
}

/// Sends bytes, and expects that the next request is served.
async fn is_served_after(server: &Server, subject: &str, bytes: &[u8]) {
    let mut connection = Connection::open(server.address, &[]).await;
    connection.send(bytes).await;
    connection.request(99, &PROBE).await;
    assert_eq!(connection.outcome(99).await, Outcome::Status(200), "{subject}");
}

#[tokio::test]
async fn frame_on_a_wrong_stream_is_an_error_of_the_connection() {
    let server = Server::start().await;
    let headers = fields(&PROBE);
    for (subject, bytes) in [
        ("DATA on stream 0", frame(DATA, 0, 0, b"a")),
        ("HEADERS on stream 0", frame(HEADERS, END_HEADERS | END_STREAM, 0, &headers)),
        ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, &[0, 0, 0, 1, 1])),
        ("RST_STREAM on stream 0", frame(RST_STREAM, 0, 0, &[0; 4])),
        ("CONTINUATION on stream 0", frame(CONTINUATION, END_HEADERS, 0, &headers)),
        ("SETTINGS on stream 1", frame(SETTINGS, 0, 1, &[])),
        ("PING on stream 1", frame(PING, 0, 1, &[0; 8])),
        ("GOAWAY on stream 1", frame(GOAWAY, 0, 1, &[0; 8])),
        ("PUSH_PROMISE of a client", frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2], &headers[..]].concat())),
        ("DATA on an idle stream", frame(DATA, 0, 5, b"a")),
        ("RST_STREAM on an idle stream", frame(RST_STREAM, 0, 5, &[0; 4])),
        ("WINDOW_UPDATE on an idle stream", frame(WINDOW_UPDATE, 0, 5, &[0, 0, 0, 1])),
        ("an even stream", frame(HEADERS, END_HEADERS | END_STREAM, 2, &headers)),
        ("CONTINUATION without HEADERS", frame(CONTINUATION, END_HEADERS, 3, &headers)),
    ] {
        fails(&server, subject, &bytes, &[PROTOCOL_ERROR]).await;
    }
    let lower =
        [frame(HEADERS, END_HEADERS | END_STREAM, 5, &headers), frame(HEADERS, END_HEADERS | END_STREAM, 3, &headers)];
    fails(&server, "a stream below the last one", &lower.concat(), &[PROTOCOL_ERROR, STREAM_CLOSED]).await;
    fails(
        &server,
        "HEADERS on a closed stream",
        &frame(HEADERS, END_HEADERS | END_STREAM, 1, &headers),
        &[PROTOCOL_ERROR, STREAM_CLOSED],
    )
    .await;
}

#[tokio::test]
async fn frame_of_a_wrong_size_is_an_error_of_the_connection() {
    let server = Server::start().await;
    for (subject, bytes) in [
        ("DATA above the maximum", frame(DATA, 0, 1, &vec![0; 16_385])),
        ("HEADERS above the maximum", frame(HEADERS, END_HEADERS, 3, &vec![0; 16_385])),
        ("an unknown frame above the maximum", frame(0x77, 0, 0, &vec![0; 16_385])),
        ("RST_STREAM", frame(RST_STREAM, 0, 1, &[0; 3])),
        ("SETTINGS", frame(SETTINGS, 0, 0, &[0; 5])),
        ("an acknowledgement with settings", frame(SETTINGS, ACK, 0, &[0; 6])),
        ("PING", frame(PING, 0, 0, &[0; 7])),
        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 0, &[0; 3])),
    ] {
        // h2 has one error for the frames of a fixed size.
        fails(&server, subject, &bytes, &[FRAME_SIZE_ERROR, PROTOCOL_ERROR]).await;
    }
    for (subject, bytes) in [
        ("padding of the whole DATA", frame(DATA, 8, 1, &[5, 0, 0, 0, 0])),
        ("padding of the whole HEADERS", frame(HEADERS, END_HEADERS | 8, 3, &[2, 0])),
    ] {
        fails(&server, subject, &bytes, &[PROTOCOL_ERROR, STREAM_CLOSED]).await;
    }
}

#[tokio::test]
async fn invalid_setting_is_an_error_of_the_connection() {
    let server = Server::start().await;
    for (id, value, error) in [
        (ENABLE_PUSH, 2, PROTOCOL_ERROR),
        (INITIAL_WINDOW_SIZE, 0x8000_0000, FLOW_CONTROL_ERROR),
        (MAX_FRAME_SIZE, 16_383, PROTOCOL_ERROR),
        (MAX_FRAME_SIZE, 16_777_216, PROTOCOL_ERROR),
    ] {
        // h2 has one error for all of them; RFC 9113, 5.4.1 allows another code.
        fails(&server, (id, value), &settings(&[(id, value)]), &[error, PROTOCOL_ERROR]).await;
    }
    is_served_after(&server, "an unknown setting", &settings(&[(0x7777, 1)])).await;
    is_served_after(&server, "a setting twice", &settings(&[(ENABLE_PUSH, 1), (ENABLE_PUSH, 0)])).await;
}

#[tokio::test]
async fn settings_and_pings_are_acknowledged() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.address, &[]).await;
    let first = connection.next().await.unwrap();
    assert_eq!((first.kind, first.flags, first.stream), (SETTINGS, 0, 0), "the server's preface");
    connection.send_frame(PING, 0, 0, b"12345678").await;
    let pong = connection.next_of(PING).await.unwrap();
    assert_eq!((pong.flags, &*pong.payload), (ACK, &b"12345678"[..]));
    // An acknowledgement is not answered.
    connection.send_frame(PING, ACK, 0, &[0; 8]).await;
    connection.request(1, &PROBE).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(200));
    connection.send(settings(&[(INITIAL_WINDOW_SIZE, 1)])).await;
    let acknowledgement = connection.next_of(SETTINGS).await.unwrap();
    assert_eq!((acknowledgement.flags, &*acknowledgement.payload), (ACK, &[][..]));
}

#[tokio::test]
async fn window_cannot_be_overflowed() {
    let server = Server::start().await;
    fails(&server, "an increment of 0", &frame(WINDOW_UPDATE, 0, 0, &[0; 4]), &[PROTOCOL_ERROR]).await;
    fails(&server, "an overflow", &frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), &[FLOW_CONTROL_ERROR]).await;
    // A stream has an error of its own.
    let (path, bearer) = (server.tokens_path(), format!("Bearer {}", server.owner.secret));
    let mut post = vec![(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", &*path)];
    post.extend([("authorization", &*bearer), ("content-type", "application/json")]);
    for (increment, errors) in
        [([0; 4], [PROTOCOL_ERROR, PROTOCOL_ERROR]), ([0x7f, 0xff, 0xff, 0xff], [FLOW_CONTROL_ERROR; 2])]
    {
        let mut connection = Connection::open(server.address, &[]).await;
        connection.send_frame(HEADERS, END_HEADERS, 1, &fields(&post)).await;
        connection.send_frame(WINDOW_UPDATE, 0, 1, &increment).await;
        match connection.outcome(1).await {
            Outcome::Reset(error) | Outcome::GoAway(error) => assert!(errors.contains(&error), "{error}"),
            Outcome::Status(status) => panic!("{status}"),
        }
    }
    // More than the server's window.
    let mut connection = Connection::open(server.address, &[]).await;
    connection.send_frame(HEADERS, END_HEADERS, 1, &fields(&post)).await;
    for _ in 0..40 {
        connection.send_frame(DATA, 0, 1, &[b' '; 16_384]).await;
    }
    match connection.outcome(1).await {
        // The body is too large before the window is.
        Outcome::Status(status) => assert_eq!(status, 413),
        Outcome::Reset(error) | Outcome::GoAway(error) => {
            assert!([NO_ERROR, FLOW_CONTROL_ERROR].contains(&error), "{error}");
        }
    }
}

#[tokio::test]
async fn field_section_is_contiguous_and_bounded() {
    let server = Server::start().await;
    let block = fields(&PROBE);
    let begin = frame(HEADERS, END_STREAM, 3, &block[..8]);
    for (subject, next) in [
        ("PING", frame(PING, 0, 0, &[0; 8])),
        ("DATA", frame(DATA, 0, 3, b"a")),
        ("HEADERS", frame(HEADERS, END_HEADERS | END_STREAM, 5, &block)),
        ("CONTINUATION of another stream", frame(CONTINUATION, END_HEADERS, 5, &block[8..])),
        ("an unknown frame", frame(0x77, 0, 0, b"a")),
    ] {
        fails(&server, subject, &[begin.clone(), next].concat(), &[PROTOCOL_ERROR]).await;
    }
    let flood = [frame(HEADERS, END_STREAM, 3, &block), frame(CONTINUATION, 0, 3, &[]).repeat(1000)].concat();
    fails(&server, "a flood of CONTINUATION", &flood, &[ENHANCE_YOUR_CALM]).await;
    let field = fields(&[("x", "y".repeat(16_000))]);
    let large = [frame(HEADERS, END_STREAM, 3, &block), frame(CONTINUATION, 0, 3, &field).repeat(64)].concat();
    fails(&server, "a large field section", &large, &[ENHANCE_YOUR_CALM, COMPRESSION_ERROR, PROTOCOL_ERROR]).await;
    let split = [
        frame(HEADERS, END_STREAM, 1, &block[..8]),
        frame(CONTINUATION, 0, 1, &block[8..9]),
        frame(CONTINUATION, 0, 1, &[]),
        frame(CONTINUATION, END_HEADERS, 1, &block[9..]),
    ];
    is_served_after(&server, "a divided field section", &split.concat()).await;
    // h2 has one error for all of them.
    for (subject, block) in [
        ("an index outside the table", &[0xff, 0xff, 0x7f][..]),
        ("a literal that is cut", &[0, 5, b'a']),
        ("a table above the limit", &[0x3f, 0xff, 0xff, 0x7f]),
    ] {
        let bytes = frame(HEADERS, END_HEADERS | END_STREAM, 3, block);
        fails(&server, subject, &bytes, &[COMPRESSION_ERROR, PROTOCOL_ERROR]).await;
    }
}

#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let server = Server::start().await;
    let block = fields(&PROBE);
    let flood: Vec<u8> = (0..2000)
        .map(|number| number * 2 + 3)
        .flat_map(|stream| {
            [frame(HEADERS, END_HEADERS | END_STREAM, stream, &block), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])]
                .concat()
        })
        .collect();
    fails(&server, "rapid resets", &flood, &[ENHANCE_YOUR_CALM]).await;
}

#[tokio::test]
async fn priority_unknown_frames_and_goaway_are_tolerated() {
    let server = Server::start().await;
    is_served_after(&server, "PRIORITY of an idle stream", &frame(PRIORITY, 0, 7, &[0, 0, 0, 1, 1])).await;
    is_served_after(&server, "an unknown frame", &frame(0x77, 0xff, 0, b"abc")).await;
    is_served_after(&server, "an unknown frame on a stream", &frame(0x77, 0xff, 9, b"abc")).await;
    is_served_after(&server, "PRIORITY_UPDATE", &frame(0x10, 0, 0, &[0, 0, 0, 1, b'u'])).await;
    is_served_after(&server, "undefined flags", &frame(PING, 0xfe, 0, &[0; 8])).await;
    is_served_after(&server, "the reserved bit", &frame(WINDOW_UPDATE, 0, 0x8000_0000, &[0x80, 0, 0, 1])).await;
    let mut connection = Connection::open(server.address, &[]).await;
    let priority = [&[0, 0, 0, 0, 16][..], &fields(&PROBE)].concat();
    connection.send_frame(HEADERS, END_HEADERS | END_STREAM | 0x20, 1, &priority).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(200));
    // The client opens no more streams, so the server closes.
    connection.send_frame(GOAWAY, 0, 0, &[0; 8]).await;
    assert!(connection.end().await.is_none_or(|error| error == NO_ERROR));
}

#[tokio::test]
async fn stream_that_depends_on_itself_is_an_error() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.address, &[]).await;
    let priority = [&[0, 0, 0, 1, 16][..], &fields(&PROBE)].concat();
    connection.send_frame(HEADERS, END_HEADERS | END_STREAM | 0x20, 1, &priority).await;
    assert_ne!(connection.outcome(1).await, Outcome::Status(500));
}

#[tokio::test]
async fn preface_is_required() {
    let server = Server::with(Options::default().and("--stall-timeout=300ms")).await;
    let mut wrong = PREFACE.to_vec();
    wrong[23] = b'x';
    let mut connection = Connection::silent(server.address).await;
    connection.send(wrong).await;
    assert!(connection.end().await.is_none_or(|error| error == PROTOCOL_ERROR));
    // Settings come first. h2 does not require that, but a client that never sends them is closed.
    let mut connection = Connection::silent(server.address).await;
    connection.send([PREFACE, &frame(PING, 0, 0, &[0; 8])].concat()).await;
    assert!(connection.end().await.is_none_or(|error| error == PROTOCOL_ERROR));
}
