//! Methods and targets.

use aether_tests::Server;

use crate::http1::{exchange, refused, statuses};

#[tokio::test]
async fn absolute_form_is_accepted_and_replaces_host() {
    let server = Server::start().await;
    for target in [
        "http://a/healthz",
        "http://other:80/healthz",
        "https://a/healthz",
        "http://[::1]:80/healthz?q",
        "HTTP://a/healthz",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n");
        assert_eq!(statuses(server.address, request).await, [200, 200], "{target}");
    }
    for target in [
        "http:///healthz",
        "http://user@a/healthz",
        "http://a b/healthz",
        "http://",
        "healthz",
        "a/healthz",
        "?q",
        "#a",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n");
        assert_eq!(refused(server.address, request).await.status, 400, "{target}");
    }
    // The field is required all the same.
    assert_eq!(refused(server.address, "GET http://a/healthz HTTP/1.1\r\n\r\n").await.status, 400);
}

#[tokio::test]
async fn asterisk_and_authority_belong_to_their_methods() {
    let server = Server::start().await;
    for (method, target, status) in [
        ("GET", "*", 400),
        ("POST", "*", 400),
        ("GET", "a:80", 400),
        ("OPTIONS", "a:80", 400),
        ("CONNECT", "a:80", 501),
        ("CONNECT", "/healthz", 501),
        ("CONNECT", "http://a/", 501),
    ] {
        let request = format!("{method} {target} HTTP/1.1\r\nhost: a\r\n\r\n");
        assert_eq!(refused(server.address, &request).await.status, status, "{request:?}");
    }
    // The server as a whole has no options.
    assert_eq!(statuses(server.address, "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").await, [404, 200]);
}

#[tokio::test]
async fn unknown_method_is_501_and_wrong_method_405() {
    let server = Server::start().await;
    for method in ["BREW", "get", "Get", "GETT", "PROPFIND", "M-SEARCH", "PRI", "QUERY"] {
        for path in ["/healthz", "/api/v1/authorize", "/nothing"] {
            let response = refused(server.address, format!("{method} {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
            assert_eq!(response.status, 501, "{method} {path}");
            assert_eq!(response.header("connection"), Some("close"));
        }
    }
    for (method, path, allow) in [
        ("POST", "/healthz", "GET, HEAD"),
        ("TRACE", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/readyz", "GET, HEAD"),
        ("HEAD", "/api/v1/authorize", "GET"),
        ("PUT", "/api/v1/introspect", "POST"),
        ("PATCH", "/api/v1/api-tokens/current", "GET, DELETE"),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let mut connection = crate::http1::Connection::open(server.address).await;
        connection.send(request).await;
        let response = connection.response_to(method).await.unwrap();
        assert_eq!((response.status, response.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}

#[tokio::test]
async fn path_is_decoded_once_and_never_normalized() {
    let server = Server::start().await;
    for (path, status) in [
        ("/h%65althz", 200),
        ("//healthz/", 200),
        ("/healthz?%ff", 200),
        ("/h%2565althz", 404),
        ("/x/../healthz", 404),
        ("/./healthz", 404),
        ("/%2e/healthz", 404),
        ("/%2e%2e/healthz", 404),
        ("/healthz%00", 404),
        ("/healthz%2f", 404),
        ("/%ff", 404),
        ("/%", 404),
        ("/%zz", 404),
        ("/\u{e4}", 404),
        ("/healthz;a=b", 404),
        ("/HEALTHZ", 404),
    ] {
        let responses = exchange(server.address, format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(responses[0].status, status, "{path}");
    }
}
