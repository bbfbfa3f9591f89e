//! The length of a request: the ground of request smuggling.

use aether_tests::Server;

use crate::http1::{exchange, refused, statuses};

#[tokio::test]
async fn ambiguous_length_is_refused() {
    let server = Server::start().await;
    for (fields, status) in [
        ("content-length: a", 400),
        ("content-length: ", 400),
        ("content-length: -1", 400),
        ("content-length: +5", 400),
        ("content-length: 0x5", 400),
        ("content-length: 5 5", 400),
        ("content-length: 5.0", 400),
        ("content-length: 5\r\ncontent-length: 6", 400),
        ("content-length: 5, 6", 400),
        ("content-length: 18446744073709551616", 400),
        // Hyper has its own status for a length above its largest.
        ("content-length: 18446744073709551615", 431),
        ("content-length: 99999999999999999999999999", 400),
        ("transfer-encoding: identity", 400),
        ("transfer-encoding:", 400),
        ("transfer-encoding: gzip", 400),
        ("transfer-encoding: chunked, gzip", 400),
        ("transfer-encoding: chunked\r\ntransfer-encoding: gzip", 400),
        ("transfer-encoding: chunked;a=b", 400),
        ("transfer-encoding: \"chunked\"", 400),
        ("transfer-encoding: xchunked", 400),
        ("transfer-encoding: chunked\r\ntransfer-encoding: chunked", 400),
        ("transfer-encoding: chunked, chunked", 501),
        ("transfer-encoding: gzip, chunked", 501),
        ("transfer-encoding: gzip\r\ntransfer-encoding: chunked", 501),
        ("transfer-encoding: ,chunked", 501),
    ] {
        for path in ["/healthz", "/api/v1/introspect"] {
            let request = format!("POST {path} HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n0\r\n\r\n");
            assert_eq!(refused(server.address, &request).await.status, status, "{fields}");
        }
    }
    let request =
        "POST /healthz HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refused(server.address, request).await.status, 400, "HTTP/1.0 has no transfer codings");
}

#[tokio::test]
async fn equal_lengths_are_one() {
    let server = Server::start().await;
    let request = "POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nabcde";
    assert_eq!(statuses(server.address, request).await, [405, 200]);
}

#[tokio::test]
async fn transfer_encoding_with_a_length_is_answered_once_and_closed() {
    let server = Server::start().await;
    for fields in [
        "content-length: 6\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 6",
        "transfer-encoding: chunked\r\ncontent-length: 0",
        "Transfer-Encoding: Chunked\r\ncontent-length: 9999",
    ] {
        let request = format!("POST /healthz HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n0\r\n\r\n");
        assert_eq!(refused(server.address, &request).await.status, 405, "{fields}");
    }
}

#[tokio::test]
async fn body_is_never_read_as_a_request() {
    let server = Server::start().await;
    let inner = "DELETE /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    let length = inner.len();
    for (request, expected) in [
        (format!("GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{inner}"), 200),
        (format!("POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{inner}"), 405),
        (format!("POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{inner}"), 404),
        (format!("GET /api/v1/api-tokens/current HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{inner}"), 401),
        (
            format!(
                "GET /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{inner}\r\n0\r\n\r\n"
            ),
            200,
        ),
        (
            format!(
                "POST /healthz HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n{inner}"
            ),
            405,
        ),
        (format!("BREW /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{inner}"), 501),
    ] {
        let statuses = statuses(server.address, &request).await;
        assert!(statuses == [expected] || statuses == [expected, 200], "{request}: {statuses:?}");
    }
}

#[tokio::test]
async fn broken_chunk_is_rejected_with_400() {
    let server = Server::start().await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
        server.tokens_path(),
        server.owner.secret
    );
    for body in [
        "x\r\n",
        "\r\n",
        "-1\r\n",
        "0x5\r\n12345\r\n0\r\n\r\n",
        "c\r\n{\"name\":\"a\"}XX0\r\n\r\n",
        "c\r\n{\"name\":\"a\"}0\r\n\r\n",
        "10000000000000000\r\n",
        "fffffffffffffffff\r\n",
        "c ;\r\r\n",
        "c\n{\"name\":\"a\"}\r\n0\r\n\r\n",
        "0\r\nx y: z\r\n\r\n",
        "0\r\nx: y\0\r\n\r\n",
    ] {
        assert_eq!(refused(server.address, format!("{head}{body}")).await.status, 400, "{body:?}");
    }
    // An end before the announced one.
    let responses = exchange(server.address, format!("{head}c\r\n{{\"na")).await;
    assert_eq!(responses.iter().map(|response| response.status).collect::<Vec<_>>(), [400]);
    assert_eq!(server.all_events().await.len(), 1, "no token was created");
}

#[tokio::test]
async fn chunks_extensions_and_trailers_are_read() {
    let server = Server::start().await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
        server.tokens_path(),
        server.owner.secret
    );
    for body in [
        "c\r\n{\"name\":\"a\"}\r\n0\r\n\r\n",
        "C\r\n{\"name\":\"a\"}\r\n0\r\n\r\n",
        "00000c\r\n{\"name\":\"a\"}\r\n000\r\n\r\n",
        "1\r\n{\r\nb\r\n\"name\":\"a\"}\r\n0\r\n\r\n",
        "c;a=b;c=\"d\"\r\n{\"name\":\"a\"}\r\n0;e\r\n\r\n",
        "c\r\n{\"name\":\"a\"}\r\n0\r\nx: y\r\ncontent-length: 99\r\n\r\n",
        "c\r\n{\"name\":\"a\"}\r\n0\r\nauthorization: Bearer x\r\nhost: b\r\ntransfer-encoding: gzip\r\n\r\n",
    ] {
        assert_eq!(statuses(server.address, format!("{head}{body}")).await, [201, 200], "{body:?}");
    }
    // Extensions and trailers are bounded.
    let extension = format!("c;a={}\r\n{{\"name\":\"a\"}}\r\n0\r\n\r\n", "b".repeat(20_000));
    let trailers = format!("c\r\n{{\"name\":\"a\"}}\r\n0\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    for body in [extension, trailers] {
        assert_eq!(refused(server.address, format!("{head}{body}")).await.status, 400);
    }
}
