//! Forward auth through the programs of the guide to gateways, with its configurations, between a client, a server and a
//! service. Without its program, a test is skipped; under `CI=true` it fails.

mod conformance;
mod guide;
mod identity;
mod methods;
mod proxy;
mod raw;
mod service;
mod upstream;

use std::net::{IpAddr, TcpListener};

use aether_tests::{Options, Server, Token, text};
use proxy::{Program, Proxy};
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use upstream::Upstream;

/// The scope that the configurations require.
const SCOPE: &str = "deployments:read";

/// A client, a proxy, the upstream that it protects, and the server that authorizes the requests.
struct Gateway {
    server: Server,
    upstream: Upstream,
    proxy: Proxy,
    client: Client,
}

/// A response, and the upstream's description of the request if the request reached it.
struct Exchange {
    status: StatusCode,
    headers: HeaderMap,
    upstream: Option<Value>,
}

impl Gateway {
    /// Starts the gateway, or returns none if the program is not installed.
    async fn start(program: Program) -> Option<Self> {
        let arguments = ["--trusted-proxy=127.0.0.1/32,127.0.0.3/32", "--rate-limit=off", "--refusal-limit=off"];
        let server = Server::with(Options::arguments(&arguments)).await;
        let upstream = Upstream::start().await;
        let Some(proxy) = Proxy::start(program, server.address, upstream.address).await else {
            program.skip();
            return None;
        };
        Some(Self { server, upstream, proxy, client: Client::new() })
    }

    async fn get(&self, secret: Option<&str>, headers: &[(&str, &str)]) -> Exchange {
        let mut request = self.client.get(format!("http://{}/some/path?q=1", self.proxy.address));
        if let Some(secret) = secret {
            request = request.bearer_auth(secret);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Exchange {
        let before = self.upstream.requests();
        let response = request.send().await.expect("a response of the proxy");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("a complete body");
        let reached = self.upstream.requests() > before;
        let upstream = reached.then(|| serde_json::from_slice(&body).expect("the upstream's description as JSON"));
        Exchange { status, headers, upstream }
    }

    async fn token(&self, scopes: &[&str], expires_at: Option<&str>) -> Token {
        let body = json!({"name": "client", "scopes": scopes, "expires_at": expires_at});
        Token::from_json(&self.server.create(&body).await.expect(201).json())
    }
}

/// Returns every value of a header that the upstream received. The name is case-insensitive.
fn header_values<'v>(upstream: &'v Value, name: &str) -> Vec<&'v str> {
    let headers = upstream["headers"].as_array().expect("a list").iter();
    headers.filter(|pair| text(&pair[0]).eq_ignore_ascii_case(name)).map(|pair| text(&pair[1])).collect()
}

async fn only_authorized_requests_reach_the_upstream(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let authorized = gateway.token(&["deployments:*"], Some("2100-01-01T00:00:00Z")).await;
    let exchange = gateway.get(Some(&authorized.secret), &[]).await;
    assert_eq!(exchange.status, 200);
    let upstream = exchange.upstream.expect("the request reaches the upstream");
    assert_eq!(upstream["target"], "/some/path?q=1");
    assert_eq!(header_values(&upstream, "x-auth-org-id"), [gateway.server.organization_id.to_string()]);
    assert_eq!(header_values(&upstream, "x-auth-token-id"), [authorized.id.to_string()]);
    assert_eq!(header_values(&upstream, "x-auth-scopes"), ["deployments:*"]);
    assert_eq!(header_values(&upstream, "x-auth-expires-at"), ["2100-01-01T00:00:00.000Z"]);
    assert_eq!(header_values(&upstream, "authorization"), Vec::<&str>::new(), "the upstream gets no secret");

    let weak = gateway.token(&["other"], None).await;
    let revoked = gateway.server.token(&[SCOPE]).await;
    gateway.server.revoke(revoked.id).await;
    let invalid = r#"Bearer error="invalid_token""#;
    let insufficient = format!(r#"Bearer error="insufficient_scope", scope="{SCOPE}""#);
    for (secret, status, challenge) in [
        (None, 401, "Bearer"),
        (Some("nonsense"), 401, invalid),
        (Some(revoked.secret.as_str()), 401, invalid),
        (Some(weak.secret.as_str()), 403, insufficient.as_str()),
    ] {
        let exchange = gateway.get(secret, &[]).await;
        assert_eq!(exchange.status, status);
        let challenges: Vec<_> = exchange.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(challenges, [challenge]);
        assert!(exchange.upstream.is_none(), "the request does not reach the upstream");
    }
}

async fn spoofed_identity_headers_are_removed(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let spoofed = [
        ("X-Auth-Org-Id", "spoofed"),
        ("x-auth-org-id", "spoofed"),
        ("X-AUTH-TOKEN-ID", "spoofed"),
        ("X-Auth-Scopes", "spoofed"),
        ("X-Auth-Expires-At", "spoofed"),
        ("X_Auth_Org_Id", "spoofed"),
        ("x_auth_expires_at", "spoofed"),
    ];
    // nginx cannot remove all headers with a prefix. The service must ignore a header that no gateway sets.
    let unused = [("X-Auth-Anything", "spoofed")];
    let unused = if program == Program::Nginx { &[] } else { &unused[..] };
    let spoofed = [&spoofed[..], unused].concat();
    for expires_at in [Some("2100-01-01T00:00:00Z"), None] {
        for scopes in [&[SCOPE][..], &["*"]] {
            let token = gateway.token(scopes, expires_at).await;
            let exchange = gateway.get(Some(&token.secret), &spoofed).await;
            let upstream = exchange.upstream.expect("the request reaches the upstream");
            assert!(!upstream.to_string().contains("spoofed"), "{upstream}");
            assert_eq!(header_values(&upstream, "x-auth-org-id").len(), 1);
        }
    }
    // The headers do not authorize a token without the scope, either.
    let weak = gateway.token(&["other"], None).await;
    assert_eq!(gateway.get(Some(&weak.secret), &spoofed).await.status, 403);
}

async fn token_with_maximum_scopes_fits_in_headers(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let mut scopes: Vec<_> = (0..63).map(|number| format!("{number:0>64}")).collect();
    scopes.push(SCOPE.to_owned());
    let token =
        gateway.token(&scopes.iter().map(String::as_str).collect::<Vec<_>>(), Some("2100-01-01T00:00:00Z")).await;
    let exchange = gateway.get(Some(&token.secret), &[]).await;
    assert_eq!(exchange.status, 200);
    assert_eq!(
        header_values(&exchange.upstream.expect("the request reaches the upstream"), "x-auth-scopes"),
        [scopes.join(" ")]
    );
}

async fn request_body_reaches_the_upstream(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let token = gateway.token(&[SCOPE], None).await;
    let body = "x".repeat(100_000);
    let post = || gateway.client.post(format!("http://{}/upload", gateway.proxy.address)).body(body.clone());
    let exchange = gateway.send(post().bearer_auth(&token.secret)).await;
    let upstream = exchange.upstream.expect("the request reaches the upstream");
    assert_eq!((&upstream["method"], &upstream["body"]), (&json!("POST"), &json!(100_000)));
    assert_eq!(gateway.send(post()).await.status, 401);
}

// A client cannot choose the audited address, not even from an address that Aether trusts.
async fn audited_address_is_set_by_the_proxy(program: Program) {
    const SPOOFED: &str = "203.0.113.7";
    let Some(gateway) = Gateway::start(program).await else { return };
    for (count, address) in [(1, [127, 0, 0, 2]), (2, [127, 0, 0, 3])] {
        let revoked = gateway.server.token(&[SCOPE]).await;
        gateway.server.revoke(revoked.id).await;
        let client = Client::builder().local_address(IpAddr::from(address)).build().expect("a client");
        let request = client.get(format!("http://{}/", gateway.proxy.address)).bearer_auth(&revoked.secret);
        let request = request.header("X-Forwarded-For", SPOOFED).header("X-Real-Ip", SPOOFED);
        assert_eq!(gateway.send(request.header("Forwarded", format!("for={SPOOFED}"))).await.status, 401);
        let addresses: Vec<_> =
            gateway.server.refusals(count).await.iter().map(|event| text(&event["address"]).to_owned()).collect();
        assert!(addresses.iter().any(|address| address == "127.0.0.2"), "{addresses:?}");
        assert!(addresses.iter().all(|address| address != SPOOFED), "{addresses:?}");
    }
}

async fn unreachable_server_lets_no_request_through(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    // Nothing listens there.
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let proxy = Proxy::start(program, closed, gateway.upstream.address).await.expect("it is installed");
    let token = gateway.token(&[SCOPE], None).await;
    let request = gateway.client.get(format!("http://{}/", proxy.address)).bearer_auth(&token.secret);
    let exchange = gateway.send(request).await;
    assert!(exchange.upstream.is_none(), "the request does not reach the upstream");
    let status = match program {
        Program::Nginx | Program::Traefik => 500,
        Program::Caddy | Program::CurrentCaddy => 502,
        Program::Envoy => 503,
    };
    assert_eq!(exchange.status, status);
}

macro_rules! for_each_proxy {
    ($($test:ident: $path:path),* $(,)?) => {
        for_each_proxy!(@ nginx Nginx $($test: $path),*);
        for_each_proxy!(@ caddy Caddy $($test: $path),*);
        for_each_proxy!(@ current_caddy CurrentCaddy $($test: $path),*);
        for_each_proxy!(@ traefik Traefik $($test: $path),*);
        for_each_proxy!(@ envoy Envoy $($test: $path),*);
    };
    (@ $module:ident $program:ident $($test:ident: $path:path),*) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                $path(crate::Program::$program).await;
            })*
        }
    };
}

for_each_proxy!(
    only_authorized_requests_reach_the_upstream: crate::only_authorized_requests_reach_the_upstream,
    spoofed_identity_headers_are_removed: crate::spoofed_identity_headers_are_removed,
    token_with_maximum_scopes_fits_in_headers: crate::token_with_maximum_scopes_fits_in_headers,
    request_body_reaches_the_upstream: crate::request_body_reaches_the_upstream,
    audited_address_is_set_by_the_proxy: crate::audited_address_is_set_by_the_proxy,
    unreachable_server_lets_no_request_through: crate::unreachable_server_lets_no_request_through,
    service_reads_the_identity_of_aether_only: crate::identity::service_reads_the_identity_of_aether_only,
    wsgi_service_reads_the_identity_of_aether_only: crate::identity::wsgi_service_reads_the_identity_of_aether_only,
    php_service_reads_the_identity_of_aether_only: crate::identity::php_service_reads_the_identity_of_aether_only,
    every_method_is_authorized: crate::methods::every_method_is_authorized,
    path_of_the_client_does_not_change_the_scopes: crate::methods::path_of_the_client_does_not_change_the_scopes,
);
