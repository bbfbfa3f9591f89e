//! Requests of HTTP/2: malformed ones are errors of their stream.

use aether_tests::Server;

use crate::http2::{
    Connection, DATA, END_HEADERS, END_STREAM, HEADERS, Outcome, PROBE, PROTOCOL_ERROR, fields, outcome,
};

const MALFORMED: Outcome = Outcome::Reset(PROTOCOL_ERROR);

#[tokio::test]
async fn malformed_field_is_rejected() {
    let server = Server::start().await;
    for (name, value) in [
        ("X", "y"),
        ("X-Upper", "y"),
        ("x y", "z"),
        ("x:", "y"),
        ("", "y"),
        ("x\0", "y"),
        ("x", "y\0"),
        ("x", "y\r\nz: a"),
        ("x", "y\nz"),
        ("connection", "close"),
        ("connection", "x"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
        ("te", "trailers, gzip"),
        (":status", "200"),
        (":unknown", "a"),
        (":path", "/nothing"),
        (":method", "GET"),
    ] {
        let request: Vec<_> = PROBE.into_iter().chain([(name, value)]).collect();
        let found = outcome(server.address, &request).await;
        assert_ne!(found, Outcome::Status(200), "{name:?}: {value:?}");
        let rejected = matches!(found, MALFORMED | Outcome::GoAway(_) | Outcome::Status(400));
        assert!(rejected, "{name:?}: {value:?}: {found:?}");
    }
    for (name, value) in [("te", "trailers"), ("x", ""), ("x", "\u{e4}"), ("cookie", "a=b")] {
        let request: Vec<_> = PROBE.into_iter().chain([(name, value)]).collect();
        assert_eq!(outcome(server.address, &request).await, Outcome::Status(200), "{name:?}: {value:?}");
    }
}

#[tokio::test]
async fn pseudo_fields_are_required_once_and_first() {
    let server = Server::start().await;
    for missing in [":method", ":scheme", ":path"] {
        let request: Vec<_> = PROBE.into_iter().filter(|(name, _)| *name != missing).collect();
        let found = outcome(server.address, &request).await;
        assert!(matches!(found, MALFORMED | Outcome::Status(400)), "{missing}: {found:?}");
    }
    for (name, value, expected) in [
        (":path", "", &[MALFORMED, Outcome::Status(400)][..]),
        (":path", "healthz", &[MALFORMED, Outcome::Status(400)]),
        (":path", "*", &[MALFORMED, Outcome::Status(400)]),
        (":path", "http://a/healthz", &[MALFORMED, Outcome::Status(400)]),
        (":method", "", &[MALFORMED, Outcome::GoAway(PROTOCOL_ERROR)]),
        (":method", "G T", &[MALFORMED, Outcome::GoAway(PROTOCOL_ERROR)]),
        (":method", "BREW", &[Outcome::Status(501)]),
        (":authority", "user@a", &[MALFORMED, Outcome::Status(400)]),
        (":authority", "a b", &[MALFORMED, Outcome::Status(400)]),
        (":authority", "a:b", &[MALFORMED, Outcome::Status(400)]),
    ] {
        let request = PROBE.map(|(known, old)| if known == name { (known, value) } else { (known, old) });
        let found = outcome(server.address, &request).await;
        assert!(expected.contains(&found), "{name}: {value:?}: {found:?}");
    }
    // After another field.
    let late = [("x", "y"), PROBE[0], PROBE[1], PROBE[2], PROBE[3]];
    assert_eq!(outcome(server.address, &late).await, MALFORMED);
}

#[tokio::test]
async fn host_agrees_with_the_authority() {
    let server = Server::start().await;
    let with_host = |authority: bool, hosts: &[&'static str]| {
        let pseudo = PROBE.into_iter().filter(move |(name, _)| authority || *name != ":authority");
        pseudo.chain(hosts.iter().map(|host| ("host", *host))).collect::<Vec<_>>()
    };
    for (authority, hosts, status) in [
        (true, &["a"][..], 200),
        (true, &["A"], 200),
        (true, &["b"], 400),
        (true, &[""], 400),
        (true, &["a", "a"], 400),
        (false, &["a"], 200),
        (false, &["a", "a"], 400),
        (false, &["a b"], 400),
        (false, &[], 400),
    ] {
        let found = outcome(server.address, &with_host(authority, hosts)).await;
        assert_eq!(found, Outcome::Status(status), "{authority} {hosts:?}");
    }
}

#[tokio::test]
async fn connect_is_rejected() {
    let server = Server::start().await;
    let connect = [(":method", "CONNECT"), (":authority", "a:80")];
    assert_eq!(outcome(server.address, &connect).await, Outcome::Status(501));
    let extended = [PROBE[1], PROBE[2], PROBE[3], (":method", "CONNECT"), (":protocol", "websocket")];
    assert_eq!(outcome(server.address, &extended).await, MALFORMED);
}

#[tokio::test]
async fn content_length_agrees_with_the_data() {
    let server = Server::start().await;
    let (path, bearer) = (server.tokens_path(), format!("Bearer {}", server.owner.secret));
    let post = |length: &'static str| {
        fields(&[
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "a"),
            (":path", &*path),
            ("authorization", &*bearer),
            ("content-type", "application/json"),
            ("content-length", length),
        ])
    };
    for (length, expected) in
        [("12", Outcome::Status(201)), ("11", MALFORMED), ("13", MALFORMED), ("0", MALFORMED), ("x", MALFORMED)]
    {
        let mut connection = Connection::open(server.address, &[]).await;
        connection.send_frame(HEADERS, END_HEADERS, 1, &post(length)).await;
        connection.send_frame(DATA, END_STREAM, 1, br#"{"name":"a"}"#).await;
        assert_eq!(connection.outcome(1).await, expected, "{length}");
    }
    let mut connection = Connection::open(server.address, &[]).await;
    connection.send_frame(HEADERS, END_HEADERS | END_STREAM, 1, &post("12")).await;
    assert_eq!(connection.outcome(1).await, MALFORMED, "no data");
    assert_eq!(server.all_events().await.len(), 2, "one token was created");
}

#[tokio::test]
async fn trailers_are_read_and_their_pseudo_fields_have_no_effect() {
    let server = Server::start().await;
    let (path, bearer) = (server.tokens_path(), format!("Bearer {}", server.owner.secret));
    let mut post = vec![(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", &*path)];
    post.extend([("authorization", &*bearer), ("content-type", "application/json")]);
    for (trailers, flags, expected) in [
        (&[("x", "y")][..], END_STREAM, &[Outcome::Status(201)][..]),
        // h2 discards them, so they have no effect.
        (&[(":path", "/")], END_STREAM, &[Outcome::Status(201)]),
        (&[("X", "y")], END_STREAM, &[MALFORMED, Outcome::GoAway(PROTOCOL_ERROR)]),
        // A second field section ends the stream.
        (&[("x", "y")], 0, &[MALFORMED, Outcome::GoAway(PROTOCOL_ERROR)]),
    ] {
        let mut connection = Connection::open(server.address, &[]).await;
        connection.send_frame(HEADERS, END_HEADERS, 1, &fields(&post)).await;
        connection.send_frame(DATA, 0, 1, br#"{"name":"a"}"#).await;
        connection.send_frame(HEADERS, END_HEADERS | flags, 1, &fields(trailers)).await;
        let found = connection.outcome(1).await;
        assert!(expected.contains(&found), "{trailers:?}: {found:?}");
    }
}

#[tokio::test]
async fn response_before_the_end_of_the_request_resets_without_an_error() {
    let server = Server::start().await;
    let path = server.tokens_path();
    let mut connection = Connection::open(server.address, &[]).await;
    let post = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", &*path)];
    connection.send_frame(HEADERS, END_HEADERS, 1, &fields(&post)).await;
    assert_eq!(connection.outcome(1).await, Outcome::Status(401));
    // The stream is closed for the client's data, but the connection goes on.
    connection.request(3, &PROBE).await;
    assert_eq!(connection.outcome(3).await, Outcome::Status(200));
}

#[tokio::test]
async fn head_has_the_length_of_the_body_and_no_data() {
    let server = Server::start().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for (path, status) in [("/healthz", 200), ("/docs", 200), ("/nothing", 404), ("/api/v1/authorize", 405)] {
        let url = server.url(path);
        let get = client.post(&url).send().await.unwrap();
        let get = if status == 405 { get } else { client.get(&url).send().await.unwrap() };
        let length = get.bytes().await.unwrap().len();
        let head = client.head(&url).send().await.unwrap();
        assert_eq!(head.status(), status, "{path}");
        assert_eq!(head.headers()["content-length"], length.to_string(), "{path}");
        // A frame of data would be an error of the stream.
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{path}");
    }
}
