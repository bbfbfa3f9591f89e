//! Every way in which a secret could leave the client as text.

use std::io;
use std::sync::{Arc, Mutex};

use aether_client::{Client, ExposeSecret, PresentedToken, Result, Retries, Uuid, generated};
use aether_tests::fault_proxy::{Fault, FaultProxy};
use aether_tests::{Server, contains_secret};
use tracing_subscriber::fmt::MakeWriter;

/// The token of the caller, in the response, and in the request.
const SECRET: &str = "aether_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef6cc5e124";

/// Responses with the secret in every place, of a confused server or gateway.
fn responses() -> Vec<Fault> {
    let ids = r#""id":"01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77","org_id":"01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77""#;
    let bodies = [
        format!("{{\"token\":\"{SECRET}\""),
        format!("\"{SECRET}\""),
        format!("[\"{SECRET}\"]"),
        format!("{{\"id\":\"{SECRET}\",\"token\":\"{SECRET}\"}}"),
        format!("{{\"{SECRET}\":true,\"items\":\"{SECRET}\",\"active\":\"{SECRET}\",\"created_at\":\"{SECRET}\"}}"),
        format!(
            "{{{ids},\"name\":\"a\",\"prefix\":\"a\",\"scopes\":[],\"created_at\":\"{SECRET}\",\"token\":\"{SECRET}\"}}"
        ),
        format!(
            "{{\"error\":{{\"code\":\"{SECRET}\",\"message\":\"bad {SECRET}\",\"details\":[{{\"field\":\"{SECRET}\",\
             \"code\":\"{SECRET}\",\"message\":\"{SECRET} is wrong\"}}]}}}}"
        ),
        format!("<html>{SECRET}</html>"),
    ];
    let headers = ["X-Request-Id", "Retry-After", "Date", "WWW-Authenticate", "Location", "Set-Cookie", "Content-Type"];
    let headers: Vec<_> = headers.into_iter().map(|name| (name, SECRET.to_owned())).collect();
    let json = vec![("Content-Type", "application/json".to_owned())];
    let statuses = [200, 201, 302, 422, 503];
    let response = |status, headers: &Vec<_>, body: &String| Fault::Response {
        status,
        headers: headers.clone(),
        body: body.clone(),
    };
    statuses
        .into_iter()
        .flat_map(|status| bodies.iter().map(move |body| (status, body)))
        .flat_map(|(status, body)| [response(status, &headers, body), response(status, &json, body)])
        .collect()
}

/// The texts of a result, by every road that a program can take with it.
fn texts<T: std::fmt::Debug + serde::Serialize>(result: Result<T>) -> Vec<String> {
    let error = match result {
        Ok(value) => return vec![format!("{value:?} {value:#?}"), serde_json::to_string(&value).unwrap_or_default()],
        Err(error) => error,
    };
    let mut texts = vec![format!("{error} {error:#} {error:?} {error:#?} {:?} {:?}", error.headers(), error.details())];
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        texts.push(format!("{cause} {cause:?}"));
        source = cause.source();
    }
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.clone().into();
    texts.push(format!("{boxed} {boxed:?}"));
    let error = anyhow::Error::from(error).context("while creating");
    texts.push(format!("{error} {error:#} {error:?} {error:#?}"));
    texts
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_error_value_or_trace_contains_a_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // A subscriber of one thread can miss call sites that other threads have used before.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut texts_seen = Vec::new();
    for fault in responses() {
        let proxy = FaultProxy::start(String::new(), move |_| fault.clone()).await;
        let client = Client::builder().url(proxy.url()).token(SECRET).organization(Uuid::nil()).retries(Retries::off());
        let client = client.build().unwrap();
        texts_seen.extend([format!("{client:?} {client:#?}"), format!("{:?}", client.create_token("a"))]);
        texts_seen.extend([format!("{:?}", client.introspect(SECRET)), format!("{:?}", client.operations())]);
        texts_seen.extend(texts(client.create_token("a").await));
        texts_seen.extend(texts(client.introspect(SECRET).await));
        texts_seen.extend(texts(client.list_tokens().items().all().await));
        texts_seen.extend(texts(client.revoke_token(Uuid::nil()).await.map(|revocation| revocation.revoked)));
        let body = generated::types::ApiTokenCreate::builder().name("a");
        let operation = client.operations().create_api_token().org_id(Uuid::nil()).body(body);
        texts_seen.push(format!("{operation:?}"));
        let result = operation.send().await;
        texts_seen.push(format!("{result:?}"));
        texts_seen.extend(texts(result.map(aether_client::ResponseValue::into_inner)));
        let form = generated::types::IntrospectionForm::builder().token(PresentedToken::from(SECRET));
        texts_seen.push(format!("{form:?}"));
        let result = client.operations().introspect_api_token().body(form).send().await;
        texts_seen.extend(texts(result.map(aether_client::ResponseValue::into_inner)));
    }
    for text in &texts_seen {
        assert!(!contains_secret(text.as_bytes()), "{text}");
    }
    let log = log.0.lock().unwrap();
    let text = String::from_utf8_lossy(&log);
    assert!(text.contains("create_api_token") && text.contains("attempt"), "the spans are logged");
    let secret = text.lines().find(|line| contains_secret(line.as_bytes()));
    assert_eq!(secret, None);
}

#[tokio::test]
async fn settings_with_a_secret_are_not_printed() {
    let builder = Client::builder().url("http://127.0.0.1:1").token(SECRET);
    assert!(!contains_secret(format!("{builder:?}").as_bytes()));
    // A secret in the wrong place.
    for (url, token) in [
        (format!("http://{SECRET}@127.0.0.1"), SECRET.to_owned()),
        (format!("http://127.0.0.1/?token={SECRET}"), SECRET.to_owned()),
        (SECRET.to_owned(), SECRET.to_owned()),
        (format!("{SECRET}://a"), SECRET.to_owned()),
        ("http://127.0.0.1".to_owned(), format!("{SECRET}\n{SECRET}")),
        ("http://127.0.0.1".to_owned(), format!("{SECRET}é")),
    ] {
        let error = Client::new(url, token.as_str()).unwrap_err();
        assert!(!contains_secret(format!("{error} {error:?}").as_bytes()), "{error}");
    }
}

#[tokio::test]
async fn issued_secret_is_exposed_only_explicitly() {
    let server = Server::start().await;
    let issued = server.client().create_token("secret").await.unwrap();
    assert!(server.accepts(issued.token.expose_secret()).await);
    assert!(!contains_secret(format!("{issued:?} {issued:#?} {:?}", issued.token).as_bytes()));
    let error = serde_json::to_string(&issued).unwrap_err();
    assert!(error.to_string().contains("expose_secret"), "{error}");
}
