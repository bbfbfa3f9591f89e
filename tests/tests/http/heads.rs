//! Request lines and header fields of HTTP/1.1.

use aether_tests::Server;

use crate::http1::{self, PROBE, exchange, refused, statuses};

#[tokio::test]
async fn invalid_head_is_rejected_with_400() {
    let server = Server::start().await;
    for head in [
        "GET  /healthz HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /healthz  HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET\t/healthz HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /healthz\r\nhost: a\r\n\r\n",
        "GET /healthz HTTP/1.1 \r\nhost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\rhost: a\r\n\r\n",
        "G(T /healthz HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /a\0b HTTP/1.1\r\nhost: a\r\n\r\n",
        " GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n",
        // The name of a field.
        "GET /healthz HTTP/1.1\r\nhost : a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx y: z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx\t: z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\n: z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx\0: z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx\u{e4}: z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx\r\n\r\n",
        // Whitespace before the first field.
        "GET /healthz HTTP/1.1\r\n host: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n x: y\r\nhost: a\r\n\r\n",
        // Folded lines.
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\r\n z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\r\n\tz\r\n\r\n",
        // NUL, CR and LF in a value.
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\0z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\rz\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\nz\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\u{1}z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nx: y\u{7f}z\r\n\r\n",
    ] {
        let response = refused(server.address, head).await;
        assert_eq!(response.status, 400, "{head:?}");
    }
}

#[tokio::test]
async fn version_that_is_not_supported_is_rejected() {
    let server = Server::start().await;
    for version in
        ["HTTP/1.2", "HTTP/2.0", "HTTP/3", "HTTP/0.9", "HTTP/01.1", "http/1.1", "HTTP/1.1x", "HTCPCP/1.0", "HTTP/11"]
    {
        let response = refused(server.address, format!("GET /healthz {version}\r\nhost: a\r\n\r\n")).await;
        assert_eq!(response.status, 400, "{version}");
    }
}

#[tokio::test]
async fn host_is_required_once_and_valid() {
    let server = Server::start().await;
    for host in [
        "",
        "host: a\r\nhost: a\r\n",
        "host: a\r\nhost: b\r\n",
        "host: a\r\nHost: a\r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: a?b\r\n",
        "host: a#b\r\n",
        "host: user@a\r\n",
        "host: a:b\r\n",
        "host: a:1:2\r\n",
        "host: [::1\r\n",
        "host: :80\r\n",
        "host: \u{e4}\r\n",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let request = format!("{method} /healthz HTTP/1.1\r\n{host}\r\n");
            assert_eq!(refused(server.address, &request).await.status, 400, "{request:?}");
        }
    }
    for host in
        ["host: a", "HOST:a", "host:  a  ", "host: a:8080", "host: [::1]:80", "host: 127.0.0.1", "host:", "host: a:"]
    {
        let request = format!("GET /healthz HTTP/1.1\r\n{host}\r\n\r\n");
        assert_eq!(statuses(server.address, &request).await, [200, 200], "{request:?}");
    }
    // HTTP/1.0 has no such field.
    assert_eq!(statuses(server.address, "GET /healthz HTTP/1.0\r\n\r\n").await, [200]);
}

#[tokio::test]
async fn empty_lines_before_a_request_are_ignored() {
    let server = Server::start().await;
    for lines in ["\r\n", "\r\n\r\n", "\n"] {
        assert_eq!(statuses(server.address, format!("{lines}{PROBE}")).await, [200, 200], "{lines:?}");
        assert_eq!(statuses(server.address, format!("{PROBE}{lines}")).await, [200, 200], "{lines:?}");
    }
}

#[tokio::test]
async fn names_of_fields_and_the_scheme_have_no_case() {
    let server = Server::start().await;
    let current = |name: &str, scheme: &str| {
        let secret = &server.owner.secret;
        format!("GET /api/v1/api-tokens/current HTTP/1.1\r\nHOST: a\r\n{name}:{scheme} {secret}\r\n\r\n")
    };
    for (name, scheme) in [("authorization", "bearer"), ("AUTHORIZATION", "BEARER"), ("AuthoriZation", "  Bearer")] {
        assert_eq!(exchange(server.address, current(name, scheme)).await[0].status, 200, "{name}: {scheme}");
    }
}

#[tokio::test]
async fn response_has_a_date_and_its_own_length() {
    let server = Server::start().await;
    for (request, status) in [
        (PROBE, 200),
        ("GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n", 404),
        ("POST /healthz HTTP/1.1\r\nhost: a\r\n\r\n", 405),
        ("GET /api/v1/api-tokens/current HTTP/1.1\r\nhost: a\r\n\r\n", 401),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("BREW / HTTP/1.1\r\nhost: a\r\n\r\n", 501),
    ] {
        let responses = exchange(server.address, request).await;
        let [response] = responses.as_slice() else { panic!("{responses:?}") };
        assert_eq!(response.status, status);
        let date = response.header("date").expect("a date");
        assert!(date.ends_with(" GMT") && date.len() == "Thu, 26 Nov 2026 12:00:00 GMT".len(), "{date}");
        assert!(response.header("content-length").is_some(), "{response:?}");
        assert_eq!(response.header("transfer-encoding"), None);
        assert!(response.head.starts_with("HTTP/1.1 "));
    }
    // No body and no length belong to 204.
    let token = server.token(&[]).await;
    let (path, secret) = (server.token_path(token.id), &server.owner.secret);
    let delete = format!("DELETE {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {secret}\r\n\r\n");
    let responses = exchange(server.address, delete).await;
    assert_eq!(responses[0].status, 204);
    assert_eq!((responses[0].header("content-length"), responses[0].header("transfer-encoding")), (None, None));
}

#[tokio::test]
async fn response_to_head_has_no_body() {
    let server = Server::start().await;
    for (path, status) in [("/healthz", 200), ("/openapi.json", 200), ("/nothing", 404), ("/api/v1/authorize", 405)] {
        let get = exchange(server.address, format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let mut connection = http1::Connection::open(server.address).await;
        connection.send(format!("HEAD {path} HTTP/1.1\r\nhost: a\r\n\r\n{PROBE}")).await;
        let head = connection.response_to("HEAD").await.unwrap();
        assert_eq!(head.status, status, "{path}");
        assert_eq!(connection.response().await.unwrap().body, "ok\n", "the next response follows at once");
        if status == get[0].status {
            assert_eq!(head.header("content-length"), get[0].header("content-length"), "{path}");
        }
    }
}
