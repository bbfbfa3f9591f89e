//! Connections, gateways and responses that fail.

use std::time::{Duration, Instant};

use aether_client::{Client, ClientBuilder, Error, ErrorCode, ErrorKind, ExposeSecret, Result, Retries};
use aether_tests::Server;
use aether_tests::fault_proxy::{BodyEnd, Fault, FaultProxy};

/// A client with quick retries.
fn quick(url: impl AsRef<str>, server: &Server) -> ClientBuilder {
    let retries = Retries::attempts(5).delays(Duration::from_millis(1), Duration::from_millis(10));
    Client::builder().url(url).token(&server.owner.secret).organization(server.organization_id).retries(retries)
}

/// A client of a server behind a proxy that treats the first requests badly.
async fn behind(server: &Server, faults: Vec<Fault>) -> (FaultProxy, ClientBuilder) {
    let proxy = FaultProxy::with_faults(server.url(""), faults).await;
    let client = quick(proxy.url(), server);
    (proxy, client)
}

/// Each fault after which a repeated request can succeed.
fn repeatable_faults() -> Vec<Fault> {
    let envelope = r#"{"error":{"code":"idempotency_in_progress","message":"In progress."}}"#;
    let headers = vec![("Content-Type", "application/json".to_owned())];
    let mut faults = vec![
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::CutBody(BodyEnd::ContentLength),
        Fault::CutBody(BodyEnd::Chunked),
        Fault::CutBody(BodyEnd::Connection),
        Fault::SlowBody,
        Fault::Silence,
        Fault::html(503, Some("0")),
        Fault::html(503, Some("Thu, 01 Jan 1970 00:00:00 GMT")),
        Fault::html(429, Some("0")),
        Fault::Response { status: 409, headers, body: envelope.to_owned() },
    ];
    faults.extend([408, 429, 500, 502, 503, 504].map(|status| Fault::html(status, None)));
    faults
}

#[tokio::test]
async fn creation_is_repeated_after_each_fault_and_creates_one_token() {
    let server = Server::start().await;
    for (number, fault) in repeatable_faults().into_iter().enumerate() {
        let (proxy, client) = behind(&server, vec![fault.clone()]).await;
        let client = client.attempt_timeout(Duration::from_secs(2)).build().unwrap();
        let name = format!("token {number}");
        let issued = client.create_token(&name).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(proxy.requests(), 2, "{fault:?}");
        assert!(server.accepts(issued.token.expose_secret()).await, "{fault:?}");
        let created = server.client().list_tokens().name_prefix(&name).items().all().await.unwrap();
        assert_eq!(created.iter().filter(|token| token.name == name).count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn error_of_each_fault_has_its_kind() {
    use ErrorKind::{Connection, Response, Timeout, UnexpectedResponse};
    let server = Server::start().await;
    let date = vec![("Date", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned())];
    let later = vec![("Retry-After", "Thu, 01 Jan 2026 00:01:30 GMT".to_owned())];
    let dated = Fault::Response { status: 503, headers: [date, later].concat(), body: String::new() };
    let json = vec![("Content-Type", "application/json".to_owned())];
    let other =
        Fault::Response { status: 200, headers: json.clone(), body: r#"{"id":"aether_0123456789abcdef"}"#.to_owned() };
    let open_id = Fault::Response { status: 200, headers: json, body: "[]".to_owned() };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (fault, kind, status, retry_after, is_retryable) in [
        (Fault::ResetBefore, Connection, None, None, true),
        (Fault::ResetAfter, Connection, None, None, true),
        (Fault::CutBody(BodyEnd::ContentLength), Connection, None, None, true),
        (Fault::CutBody(BodyEnd::Chunked), Connection, None, None, true),
        (Fault::CutBody(BodyEnd::Connection), Connection, None, None, true),
        (Fault::SlowBody, Timeout, None, None, true),
        (Fault::Silence, Timeout, None, None, true),
        (Fault::html(503, Some("7")), Response, Some(503), seconds(7), true),
        (dated, Response, Some(503), seconds(90), true),
        (Fault::html(429, None), Response, Some(429), None, true),
        (Fault::html(502, None), Response, Some(502), None, true),
        (Fault::html(403, None), Response, Some(403), None, false),
        (Fault::html(404, None), Response, Some(404), None, false),
        (Fault::html(501, None), Response, Some(501), None, false),
        (Fault::html(200, None), UnexpectedResponse, Some(200), None, false),
        (Fault::html(202, None), UnexpectedResponse, Some(202), None, false),
        (other, UnexpectedResponse, Some(200), None, false),
        (open_id, UnexpectedResponse, Some(200), None, false),
        (Fault::redirect(307, "http://127.0.0.1:1/".to_owned()), UnexpectedResponse, Some(307), None, false),
        (Fault::redirect(304, String::new()), UnexpectedResponse, Some(304), None, false),
    ] {
        let (proxy, client) = behind(&server, vec![fault.clone()]).await;
        let client = client.retries(Retries::off()).attempt_timeout(Duration::from_secs(2)).build().unwrap();
        let error = client.current_token().await.unwrap_err();
        let seen =
            (error.kind(), error.status().map(|status| status.as_u16()), error.retry_after(), error.is_retryable());
        assert_eq!(seen, (kind, status, retry_after, is_retryable), "{fault:?}: {error}");
        assert_eq!((error.is_timeout(), error.is_connect()), (kind == Timeout, false), "{fault:?}");
        assert_eq!((error.attempts(), proxy.requests(), error.code()), (1, 1, None), "{fault:?}");
        if let Fault::Response { headers, .. } = &fault {
            let html = headers.iter().any(|(name, _)| *name == "X-Request-Id");
            assert_eq!(error.request_id(), html.then_some("gateway-1"));
            assert_eq!(error.headers().unwrap().contains_key("x-request-id"), html);
        }
    }
}

#[tokio::test]
async fn refused_connection_is_retried_and_reported() {
    let server = Server::start().await;
    // The port of a listener that is closed.
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = quick(format!("http://{address}"), &server).build().unwrap();
    let error = client.current_token().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_connect()), (ErrorKind::Connect, 5, true));
    let expected = format!("cannot connect to http://{address}: Connection refused (os error 111) (attempt 5)");
    assert_eq!(error.to_string(), expected);
    assert!(!error.is_timeout());
}

#[tokio::test]
async fn unrepeatable_error_is_not_repeated() {
    let server = Server::start().await;
    for status in [400, 401, 403, 404, 405, 413, 415, 422, 501, 505] {
        let (proxy, client) = behind(&server, vec![Fault::html(status, Some("0"))]).await;
        client.build().unwrap().create_token("a").await.unwrap_err();
        assert_eq!(proxy.requests(), 1, "{status}");
    }
    let (proxy, client) = behind(&server, vec![Fault::html(503, None); 4]).await;
    client.retries(Retries::off()).build().unwrap().create_token("a").await.unwrap_err();
    assert_eq!(proxy.requests(), 1);
}

#[tokio::test]
async fn every_repeatable_call_is_repeated() {
    let server = Server::start().await;
    let token = server.token(&["a"]).await;
    let (_proxy, client) = behind(&server, vec![]).await;
    let settled = client.build().unwrap();
    settled.get_token(token.id).await.unwrap();
    for fault in [Fault::ResetAfter, Fault::html(503, None)] {
        let flaky = async || {
            let (proxy, client) = behind(&server, vec![fault.clone()]).await;
            (proxy, client.build().unwrap())
        };
        let (proxy, client) = flaky().await;
        client.update_token(token.id).name("b").await.unwrap();
        assert_eq!(proxy.requests(), 2);
        let (_proxy, client) = flaky().await;
        let rotated = client.rotate_token(client.create_token("r").await.unwrap().id).await.unwrap();
        assert!(server.accepts(rotated.token.expose_secret()).await);
        let (_proxy, client) = flaky().await;
        client.list_tokens().items().all().await.unwrap();
        let (_proxy, client) = flaky().await;
        client.introspect(&token.secret).await.unwrap();
        let (_proxy, client) = flaky().await;
        client.authorize(["a"]).await.unwrap();
        let (_proxy, client) = flaky().await;
        client.revoke_token(client.create_token("d").await.unwrap().id).await.unwrap();
    }
}

#[tokio::test]
async fn generated_operations_are_repeated_too() {
    let server = Server::start().await;
    let (proxy, client) = behind(&server, vec![Fault::CutBody(BodyEnd::ContentLength)]).await;
    let client = client.build().unwrap();
    let body = aether_client::generated::types::ApiTokenCreate::builder().name("generated");
    let create = client.operations().create_api_token().org_id(server.organization_id).body(body);
    let issued = create.send().await.unwrap();
    assert_eq!((issued.status().as_u16(), &issued.headers()["idempotency-replayed"]), (201, &"true".parse().unwrap()));
    assert_eq!(proxy.requests(), 2);
}

#[tokio::test]
async fn deadline_ends_a_call_with_and_without_responses() {
    let server = Server::start().await;
    let (proxy, client) = behind(&server, vec![Fault::Silence; 100]).await;
    let client = client.attempt_timeout(Duration::from_millis(50)).timeout(Duration::from_millis(120)).build().unwrap();
    let error = client.current_token().await.unwrap_err();
    assert_eq!((error.kind(), error.is_timeout()), (ErrorKind::Timeout, true));
    assert_eq!(u64::from(error.attempts()), proxy.requests());
    assert!(error.attempts() < 5, "the deadline ended the call, and not the number of attempts");

    // The request for the organization counts, too: it leaves no time for a second attempt of the creation.
    let slow = FaultProxy::start(server.url(""), |number| if number == 1 { Fault::None } else { Fault::Silence }).await;
    let client = quick(slow.url(), &server).attempt_timeout(Duration::from_secs(2)).timeout(Duration::from_secs(3));
    let client = client.build().unwrap().with_token(&server.owner.secret).unwrap();
    let error = client.create_token("late").await.unwrap_err();
    assert_eq!((error.is_timeout(), error.attempts(), slow.requests()), (true, 1, 3));

    // A longer wait than the deadline is not begun.
    let (proxy, client) = behind(&server, vec![Fault::html(503, Some("3600")); 100]).await;
    let began = Instant::now();
    let error = client.build().unwrap().current_token().await.unwrap_err();
    assert_eq!((proxy.requests(), error.retry_after()), (1, Some(Duration::from_secs(3600))));
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn repeated_revocation_of_oneself_is_a_success() {
    let server = Server::start().await;
    let owner = server.client();
    let issued = owner.create_token("self").await.unwrap();
    let (proxy, client) = behind(&server, vec![Fault::ResetAfter]).await;
    client.token(&issued.token).build().unwrap().revoke_current_token().await.unwrap();
    assert_eq!(proxy.requests(), 2);
    assert!(!server.accepts(issued.token.expose_secret()).await);
    let error = owner.with_token(&issued.token).unwrap().revoke_current_token().await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::Unauthorized), "a first 401 is an error");
    // Neither the 401 of a gateway, nor one after a response that says that nothing was changed.
    let unavailable = r#"{"error":{"code":"unavailable","message":"Overloaded."}}"#.to_owned();
    let unavailable = Fault::Response { status: 503, headers: vec![], body: unavailable };
    for faults in [vec![Fault::ResetBefore, Fault::html(401, None)], vec![unavailable]] {
        let (_proxy, client) = behind(&server, faults).await;
        let error = client.token(&issued.token).build().unwrap().revoke_current_token().await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 401);
    }
    // By its id, which the client knows from the request for its organization.
    let issued = owner.create_token("self").scopes(["api-tokens:write"]).await.unwrap();
    let proxy = FaultProxy::with_faults(server.url(""), vec![Fault::None, Fault::ResetAfter]).await;
    let client = Client::new(proxy.url(), &issued.token).unwrap();
    assert_eq!(client.revoke_token(issued.id).await.unwrap().revoked, None);
    assert_eq!(proxy.requests(), 3);
    // Not another token, and not after a reset before the request was sent.
    let (other, caller) = (server.token(&[]).await, server.token(&["*"]).await);
    server.revoke(caller.id).await;
    let (_proxy, client) = behind(&server, vec![Fault::ResetAfter]).await;
    let error = client.token(&caller.secret).build().unwrap().revoke_token(other.id).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::Unauthorized));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let server = Server::start().await;
    let verdict = Fault::Response {
        status: 200,
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: r#"{"active":true,"sub":"01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77","org_id":"01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77"}"#.to_owned(),
    };
    let secret = server.token(&[]).await.secret;
    for status in [301, 302, 303, 307, 308] {
        let accepting = verdict.clone();
        let other = FaultProxy::start(server.url(""), move |_| accepting.clone()).await;
        let location = format!("{}/stolen", other.url());
        let (_proxy, client) = behind(&server, vec![Fault::redirect(status, location.clone()); 2]).await;
        let error = client.build().unwrap().introspect(&secret).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::UnexpectedResponse, status));
        assert_eq!(other.requests(), 0);

        // The caller's own HTTP client follows redirects. It sends no secret, and its response is not used.
        let (_proxy, client) = behind(&server, vec![Fault::redirect(status, location); 2]).await;
        let client = client.http_client(reqwest::Client::new()).build().unwrap();
        let error = client.introspect(&secret).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{status}: {error}");
        for head in other.heads() {
            assert!(!head.contains("aether_") && !head.to_lowercase().contains("authorization"), "{head}");
            assert!(!head.to_lowercase().contains("content-length"), "{head}");
        }
    }
}

#[tokio::test]
async fn error_tells_whether_an_attempt_may_have_been_executed() {
    let server = Server::start().await;
    let limited = || vec![Fault::html(429, None); 9];
    let timeout = vec![Fault::ResetAfter].into_iter().chain(limited()).collect();
    for (faults, executed) in [(limited(), false), (timeout, true), (vec![Fault::html(404, None)], false)] {
        let (_proxy, client) = behind(&server, faults).await;
        let error = client.build().unwrap().create_token("a").await.unwrap_err();
        assert_eq!(error.may_have_been_executed(), executed, "{error}");
    }
}

#[tokio::test]
async fn calls_that_wait_for_the_organization_have_their_own_deadlines() {
    const CALLS: u32 = 20;
    let server = Server::start().await;
    let silent = FaultProxy::start(server.url(""), |_| Fault::Silence).await;
    let timeout = Duration::from_millis(500);
    let client = Client::builder().url(silent.url()).token(&server.owner.secret).timeout(timeout).build().unwrap();
    let began = Instant::now();
    let calls = futures::future::join_all((0..CALLS).map(|_| client.organization())).await;
    assert!(calls.into_iter().all(|call| call.unwrap_err().is_timeout()));
    assert!(began.elapsed() < CALLS * timeout, "the calls waited one after the other");
}

#[tokio::test]
async fn unlimited_times_are_accepted() {
    let server = Server::start().await;
    let (_proxy, client) = behind(&server, vec![Fault::html(503, None)]).await;
    let client = client.connect_timeout(Duration::MAX).attempt_timeout(Duration::MAX).timeout(Duration::MAX);
    let retries = Retries::attempts(u32::MAX).delays(Duration::ZERO, Duration::MAX);
    client.retries(retries).build().unwrap().current_token().await.unwrap();
}

#[tokio::test]
async fn caller_s_own_http_client_works() {
    let server = Server::start().await;
    let (proxy, client) = behind(&server, vec![Fault::html(503, None), Fault::ResetAfter]).await;
    let client = client.http_client(reqwest::Client::new()).build().unwrap();
    let issued = client.create_token("own").await.unwrap();
    assert_eq!((proxy.requests(), client.introspect(&issued.token).await.unwrap().active), (3, true));
}

/// A thousand creations over connections that fail: none is lost, none is doubled, no deadline is passed.
#[tokio::test(flavor = "multi_thread")]
async fn thousand_creations_over_faults_create_a_thousand_tokens() {
    // Less than four attempts that have no response.
    const TIMEOUT: Duration = Duration::from_secs(1);
    // For the scheduling of a busy machine.
    const TOLERANCE: Duration = Duration::from_secs(20);
    let server = Server::start().await;
    let redirect = Fault::redirect(307, "http://127.0.0.1:1/".to_owned());
    let faults: Vec<_> = repeatable_faults().into_iter().chain([redirect, Fault::html(404, None)]).collect();
    // Half of the requests fail, in an order without a period that the client's could share.
    let proxy = FaultProxy::start(server.url(""), move |number| {
        let random =
            number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33;
        let choice = usize::try_from(random % (2 * faults.len() as u64)).unwrap();
        faults.get(choice).cloned().unwrap_or(Fault::None)
    })
    .await;
    let retries = Retries::attempts(4).delays(Duration::from_millis(1), Duration::from_millis(20));
    let client =
        quick(proxy.url(), &server).retries(retries).attempt_timeout(Duration::from_millis(400)).timeout(TIMEOUT);
    let (client, direct) = (client.build().unwrap(), server.client());
    let (mut failed, mut kinds) = (0, std::collections::BTreeSet::new());
    let names: Vec<_> = (0..1000).map(|number| format!("creation {number:04}")).collect();
    for chunk in names.chunks(50) {
        let calls: Vec<_> = chunk.iter().map(|name| tokio::spawn(timed(client.create_token(name)))).collect();
        for (call, name) in calls.into_iter().zip(chunk) {
            let (result, duration) = call.await.unwrap();
            assert!(duration < TIMEOUT + TOLERANCE, "{duration:?}");
            let issued = match result {
                Ok(issued) => issued,
                Err(error) => {
                    failed += 1;
                    assert_is_explained(&error);
                    kinds.insert(format!("{:?}", error.kind()));
                    // The key of the error completes the call, whether or not it was executed.
                    let key = error.idempotency_key().unwrap().to_owned();
                    direct.create_token(name).idempotency_key(key).await.unwrap()
                }
            };
            assert_eq!(&issued.name, name);
            assert!(direct.introspect(&issued.token).await.unwrap().active);
        }
    }
    assert!(failed > 10 && proxy.requests() > 1200, "{failed} failed, {} requests", proxy.requests());
    assert!(kinds.contains("Response") && kinds.contains("UnexpectedResponse"), "{kinds:?}");
    let listed = direct.list_tokens().name_prefix("creation ").items().all().await.unwrap();
    assert!(listed.iter().map(|token| &token.name).collect::<std::collections::BTreeSet<_>>().into_iter().eq(&names));
    assert_eq!(listed.len(), 1000);
}

async fn timed<T>(call: impl IntoFuture<Output = Result<T>>) -> (Result<T>, Duration) {
    let began = Instant::now();
    (call.into_future().await, began.elapsed())
}

/// An error that is not retryable is one of those that the proxy made, and any other was repeated.
fn assert_is_explained(error: &Error) {
    match error.status().map(|status| status.as_u16()) {
        Some(307 | 404) => assert!(!error.is_retryable(), "{error}"),
        _ => assert!(
            error.is_retryable() && (error.attempts() == 4 || error.is_timeout() || error.retry_after().is_none()),
            "{error}"
        ),
    }
    assert!(!aether_tests::contains_secret(format!("{error} {error:?}").as_bytes()));
}
