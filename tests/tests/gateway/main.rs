//! Forward auth for real: nginx and Caddy, with the configurations that the README prints, between a client, a server
//! and a plain upstream. Where a proxy is not installed, its tests say so and skip.

mod proxy;
mod readme;
mod upstream;

use aether_tests::{Options, Server, eventually};
use proxy::{Program, Proxy};
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use upstream::Upstream;

/// The scope that the printed configurations ask for.
const SCOPE: &str = "deployments:read";

/// A client's way to the upstream.
struct Way {
    server: Server,
    upstream: Upstream,
    proxy: Proxy,
    client: Client,
}

/// What came back, and what the upstream saw of it, if it did.
struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    upstream: Option<Value>,
}

impl Way {
    /// Nothing where the program is not installed.
    async fn through(program: Program) -> Option<Self> {
        let arguments = ["--trusted-proxy=127.0.0.1/32", "--rate-limit=off", "--refusal-limit=off"];
        let server = Server::with(Options::arguments(&arguments)).await;
        let upstream = Upstream::start().await;
        let Some(proxy) = Proxy::start(program, server.address, upstream.address).await else {
            println!("skipped: {} is not installed", program.name());
            return None;
        };
        Some(Self { server, upstream, proxy, client: Client::new() })
    }

    async fn get(&self, token: Option<&str>, headers: &[(&str, &str)]) -> Seen {
        let mut request = self.client.get(format!("http://{}/some/path?q=1", self.proxy.address));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Seen {
        let before = self.upstream.requests();
        let answer = request.send().await.expect("the proxy answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.expect("the answer arrives whole");
        let reached = self.upstream.requests() > before;
        let upstream = reached.then(|| serde_json::from_slice(&body).expect("the upstream answers with what it saw"));
        Seen { status, headers, upstream }
    }

    async fn token(&self, scopes: &[&str], expires_at: Option<&str>) -> Value {
        let body = json!({"name": "client", "scopes": scopes, "expires_at": expires_at});
        self.server.create(&body).await.expect(201).json()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// What the upstream got under a name, whatever its case: all of it.
fn header<'v>(upstream: &'v Value, name: &str) -> Vec<&'v str> {
    let headers = upstream["headers"].as_array().expect("a list").iter();
    headers.filter(|pair| text(&pair[0]).eq_ignore_ascii_case(name)).map(|pair| text(&pair[1])).collect()
}

async fn who_may_gets_through_and_nobody_else(program: Program) {
    let Some(way) = Way::through(program).await else { return };
    let good = way.token(&["deployments:*"], Some("2100-01-01T00:00:00Z")).await;
    let seen = way.get(Some(text(&good["token"])), &[]).await;
    assert_eq!(seen.status, 200);
    let upstream = seen.upstream.expect("the service answers");
    assert_eq!(upstream["target"], "/some/path?q=1");
    assert_eq!(header(&upstream, "x-auth-org-id"), [way.server.organization.to_string()]);
    assert_eq!(header(&upstream, "x-auth-token-id"), [text(&good["id"])]);
    assert_eq!(header(&upstream, "x-auth-scopes"), ["deployments:*"]);
    assert_eq!(header(&upstream, "x-auth-expires-at"), ["2100-01-01T00:00:00.000Z"]);
    assert_eq!(header(&upstream, "authorization"), Vec::<&str>::new(), "the token stays behind");

    let weak = way.token(&["other"], None).await;
    let revoked = way.server.token(&[SCOPE]).await;
    way.server.send(way.server.delete(&way.server.token_path(revoked.id))).await.expect(204);
    let invalid = r#"Bearer error="invalid_token""#;
    let insufficient = format!(r#"Bearer error="insufficient_scope", scope="{SCOPE}""#);
    for (token, status, challenge) in [
        (None, 401, "Bearer"),
        (Some("nonsense"), 401, invalid),
        (Some(revoked.token.as_str()), 401, invalid),
        (Some(text(&weak["token"])), 403, insufficient.as_str()),
    ] {
        let seen = way.get(token, &[]).await;
        assert_eq!(seen.status, status);
        let challenges: Vec<_> = seen.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(challenges, [challenge]);
        assert!(seen.upstream.is_none(), "the service sees nothing of it");
    }
}

async fn what_a_client_says_of_itself_does_not_get_through(program: Program) {
    let Some(way) = Way::through(program).await else { return };
    let spoofed = [
        ("X-Auth-Org-Id", "spoofed"),
        ("x-auth-org-id", "spoofed"),
        ("X-AUTH-TOKEN-ID", "spoofed"),
        ("X-Auth-Scopes", "spoofed"),
        ("X-Auth-Expires-At", "spoofed"),
        ("X_Auth_Org_Id", "spoofed"),
        ("x_auth_expires_at", "spoofed"),
    ];
    // What no gateway sets is no more than a header to the service, but Caddy can take all of a kind away.
    let stray = [("X-Auth-Anything", "spoofed")];
    let stray = if matches!(program, Program::Caddy) { &stray[..] } else { &[] };
    let spoofed = [&spoofed[..], stray].concat();
    for expires_at in [Some("2100-01-01T00:00:00Z"), None] {
        for scopes in [&[SCOPE][..], &["*"]] {
            let token = way.token(scopes, expires_at).await;
            let seen = way.get(Some(text(&token["token"])), &spoofed).await;
            let upstream = seen.upstream.expect("the token is good");
            assert!(!upstream.to_string().contains("spoofed"), "{upstream}");
            assert_eq!(header(&upstream, "x-auth-org-id").len(), 1);
        }
    }
    // Nor does it help a token that may not.
    let weak = way.token(&["other"], None).await;
    assert_eq!(way.get(Some(text(&weak["token"])), &spoofed).await.status, 403);
}

async fn the_largest_token_fits(program: Program) {
    let Some(way) = Way::through(program).await else { return };
    let mut scopes: Vec<_> = (0..63).map(|number| format!("{number:0>64}")).collect();
    scopes.push(SCOPE.to_owned());
    let token = way.token(&scopes.iter().map(String::as_str).collect::<Vec<_>>(), Some("2100-01-01T00:00:00Z")).await;
    let seen = way.get(Some(text(&token["token"])), &[]).await;
    assert_eq!(seen.status, 200);
    assert_eq!(header(&seen.upstream.expect("the token is good"), "x-auth-scopes"), [scopes.join(" ")]);
}

async fn a_body_goes_to_the_service_whole(program: Program) {
    let Some(way) = Way::through(program).await else { return };
    let token = way.token(&[SCOPE], None).await;
    let body = "x".repeat(100_000);
    let post = || way.client.post(format!("http://{}/upload", way.proxy.address)).body(body.clone());
    let seen = way.send(post().bearer_auth(text(&token["token"]))).await;
    let upstream = seen.upstream.expect("the token is good");
    assert_eq!((&upstream["method"], &upstream["body"]), (&json!("POST"), &json!(100_000)));
    assert_eq!(way.send(post()).await.status, 401);
}

/// The address that is audited is the client's, as the proxy saw it, and not what the client says.
async fn the_clients_address_is_the_proxys_word(program: Program) {
    let Some(way) = Way::through(program).await else { return };
    let revoked = way.server.token(&[SCOPE]).await;
    way.server.send(way.server.delete(&way.server.token_path(revoked.id))).await.expect(204);
    assert_eq!(way.get(Some(&revoked.token), &[("X-Forwarded-For", "203.0.113.7")]).await.status, 401);
    let event = eventually("the event of the refusal", async || {
        let events = way.server.events().await;
        events.into_iter().find(|event| event["action"] == "api_token.refused")
    })
    .await;
    assert_eq!(event["address"], "127.0.0.1");
}

macro_rules! of_each_proxy {
    ($($name:ident),* $(,)?) => {
        mod nginx {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                crate::$name(crate::Program::Nginx).await;
            })*
        }
        mod caddy {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                crate::$name(crate::Program::Caddy).await;
            })*
        }
    };
}

of_each_proxy!(
    who_may_gets_through_and_nobody_else,
    what_a_client_says_of_itself_does_not_get_through,
    the_largest_token_fits,
    a_body_goes_to_the_service_whole,
    the_clients_address_is_the_proxys_word,
);
