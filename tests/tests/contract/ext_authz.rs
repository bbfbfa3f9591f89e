//! The target of Envoy's HTTP `ext_authz` filter, which is outside the contract: it responds as `authorizeRequest`.

use aether_tests::{Options, Response, Server, Token};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

crate::tests!(
    every_method_and_path_is_authorized_like_a_get,
    path_and_query_of_the_client_do_not_change_the_scopes,
    prefix_without_scopes_is_rejected_with_403,
    unsent_body_is_not_awaited,
    connect_opens_no_tunnel,
    refusals_and_uses_are_recorded,
);

/// The prefix of an operator who requires `deployments:read`.
const PREFIX: &str = "/ext-authz;scope=deployments:read";

async fn send(server: &Server, method: &str, path: &str, secret: Option<&str>) -> Response {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = server.anonymous(method, path);
    server.send(secret.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth)).await
}

/// The headers that do not belong to one response only.
fn stable(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["date", "x-request-id", "content-length"] {
        headers.remove(name);
    }
    headers
}

async fn every_method_and_path_is_authorized_like_a_get() {
    let server = Server::start().await;
    let expiring = json!({"name": "t", "scopes": ["deployments:*", "other"], "expires_at": "2100-01-01T00:00:00Z"});
    let expiring = Token::from_json(&server.create(&expiring).await.expect(201).json());
    let weak = server.token(&["other"]).await;
    let unknown = aether_tests::unknown_secret();
    let authorize = "/api/v1/authorize?scope=deployments:read";
    for (secret, status) in [
        (Some(&*expiring.secret), 200),
        (Some(&weak.secret), 403),
        (Some(&unknown), 401),
        (Some("nonsense"), 401),
        (None, 401),
    ] {
        let expected = send(&server, "GET", authorize, secret).await;
        assert_eq!(expected.status, status);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"] {
            for path in ["/", "/some/path?q=1", "//", "/%ff"] {
                let response = send(&server, method, &format!("{PREFIX}{path}"), secret).await;
                assert_eq!(response.status, expected.status, "{method} {path}");
                assert_eq!(stable(&response.headers), stable(&expected.headers), "{method} {path}");
                let body = if method == "HEAD" { &[][..] } else { &expected.body };
                assert_eq!(response.body, body, "{method} {path}");
            }
        }
    }
}

async fn path_and_query_of_the_client_do_not_change_the_scopes() {
    let server = Server::start().await;
    let (strong, weak) = (server.token(&["deployments:read"]).await, server.token(&["other"]).await);
    for path in [
        "/",
        "//",
        "/..",
        "/../",
        "/../ext-authz;scope=/",
        "/../ext-authz;scope=other/",
        "/%2e%2e/%2e%2e/ext-authz;scope=other/",
        "/..;/ext-authz;scope=other/",
        "/;scope=other/",
        "/;scope=",
        "/&scope=other",
        "/%26scope=other",
        "/?scope=",
        "/?scope=other",
        "/?;scope=other/",
        "/x/;scope=deployments:read,other/",
        "/%00",
        "/%0d%0aAuthorization:%20x",
        "/api/v1/authorize?scope=other",
    ] {
        // Not through a client that normalizes the path.
        for (token, status) in [(&strong, 200), (&weak, 403)] {
            let head = format!(
                "GET {PREFIX}{path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
                token.secret
            );
            assert_eq!(raw(&server, &head).await.status, status, "{path}");
        }
    }
    // Several scopes, and those whose characters are encoded.
    let both = server.token(&["deployments:read", "a/b"]).await;
    for (scopes, token, status) in [
        ("deployments:read%20a%2Fb", &both, 200),
        ("deployments:read+a%2Fb", &both, 200),
        ("deployments:read%20a%2Fb", &strong, 403),
        ("", &weak, 200),
    ] {
        let response = send(&server, "POST", &format!("/ext-authz;scope={scopes}/x"), Some(&token.secret)).await;
        assert_eq!(response.status, status, "{scopes}");
    }
}

async fn prefix_without_scopes_is_rejected_with_403() {
    let server = Server::start().await;
    // The owner token covers every scope.
    for path in [
        "/ext-authz",
        "/ext-authz/",
        "/ext-authz/some/path",
        "/ext-authz/;scope=deployments:read/",
        "/ext-authz/deployments:read/",
        "/ext-authz;scope=deployments:read",
        "/ext-authz;scope=deployments:*",
        "/ext-authz;scope=",
        "/ext-authz;scopes=deployments:read/",
        "/ext-authz;deployments:read/",
        "/ext-authz?scope=deployments:read",
        "/ext-authz;scope=a&scope=b/",
        "/ext-authz;scope=a&x=b/",
        "/ext-authz;scope=a,b/",
        "/ext-authz;scope=a;b/",
        "/ext-authz;scope=a%20%20b/",
        "/ext-authz;scope=%FF/",
    ] {
        let response = send(&server, "POST", path, Some(&server.owner.secret)).await.expect(403);
        let challenge = r#"Bearer error="insufficient_scope""#;
        assert_eq!(response.headers["www-authenticate"], challenge, "{path}");
        let error = &response.json()["error"];
        assert!(error["details"].as_array().is_some_and(|details| !details.is_empty()), "{path}: {error}");
        // Without a valid credential, it is 401 all the same.
        send(&server, "POST", path, None).await.expect(401);
    }
    for path in ["//ext-authz;scope=a/", "/%65xt-authz;scope=a/", "/x/ext-authz;scope=a/", "/ext-auth;scope=a/"] {
        send(&server, "GET", path, Some(&server.owner.secret)).await.expect(404);
    }
}

async fn unsent_body_is_not_awaited() {
    let server = Server::start().await;
    for framing in ["content-length: 1000000", "transfer-encoding: chunked"] {
        for (secret, status) in [(&*server.owner.secret, 200), ("nonsense", 401)] {
            let head = format!(
                "POST {PREFIX}/ HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {secret}\r\n{framing}\r\nconnection: close\r\n\r\n"
            );
            assert_eq!(raw(&server, &head).await.status, status, "{framing}");
        }
    }
}

async fn connect_opens_no_tunnel() {
    let server = Server::start().await;
    for target in ["a:443", &format!("{PREFIX}/"), &format!("http://a{PREFIX}/")] {
        let secret = &server.owner.secret;
        let head = format!("CONNECT {target} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {secret}\r\n\r\n");
        assert_eq!(raw(&server, &head).await.status, 501, "{target}");
    }
}

async fn refusals_and_uses_are_recorded() {
    let options = Options::default().and("--trusted-proxy=127.0.0.1/32");
    let server = Server::with(options).await;
    let (used, revoked) = (server.token(&["deployments:read"]).await, server.token(&["deployments:read"]).await);
    server.revoke(revoked.id).await;
    for token in [&used, &revoked] {
        let request = server.anonymous(Method::DELETE, &format!("{PREFIX}/secret/path"));
        let request = request.bearer_auth(&token.secret).header("x-forwarded-for", "203.0.113.7");
        let status = if token.id == used.id { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(server.send(request).await.status, status);
    }
    let events = server.refusals(1).await;
    assert_eq!(events[0]["address"], "203.0.113.7");
    aether_tests::eventually("the time of the last use", async || {
        let token: Value = server.send(server.get(&server.token_path(used.id))).await.expect(200).json();
        (!token["last_used_at"].is_null()).then_some(())
    })
    .await;
}

/// Sends a head and reads the response before anything else is sent.
async fn raw(server: &Server, head: &str) -> Response {
    let mut connection = TcpStream::connect(server.address).await.expect("a connection");
    connection.write_all(head.as_bytes()).await.expect("a connection");
    let mut bytes = Vec::new();
    let read = connection.read_to_end(&mut bytes);
    // The end of the connection is that of the response.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(20), read).await.expect("a response in time");
    Response::parse("raw".to_owned(), &bytes)
}
