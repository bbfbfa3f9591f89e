//! A proxy that changes the requests and the responses of a real server, so that it breaks the contract in one way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aether_tests::Server;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::deviations::Deviation;

/// A request on its way to the server.
pub struct Exchange<'p> {
    pub method: Method,
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The organization of the server, and its owner token.
    pub organization: &'p str,
    pub owner: &'p str,
    pub memory: &'p Mutex<HashMap<String, String>>,
}

/// A response on its way to the client.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Exchange<'_> {
    /// The texts that the proxy remembers between exchanges.
    pub fn memory(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.memory.lock().expect("no panic while locked")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether the request is one of a method on a path that ends so.
    pub fn is(&self, method: &Method, path_end: &str) -> bool {
        self.method == *method && self.path.ends_with(path_end)
    }

    /// Whether the request is one of a method on a token.
    pub fn is_on_token(&self, method: &Method) -> bool {
        self.method == *method && self.path.contains("/api-tokens/") && !self.path.ends_with("/rotate")
    }

    /// Changes the fields of a JSON body.
    pub fn change_body(&mut self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        if let Ok(Value::Object(mut fields)) = serde_json::from_slice(&self.body) {
            change(&mut fields);
            self.body = Value::Object(fields).to_string().into();
        }
    }

    /// Keeps the parameters of the query that `keeps` selects by name.
    pub fn retain_query(&mut self, keeps: impl Fn(&str) -> bool) {
        let Some(query) = self.query.take() else { return };
        let kept = query.split('&').filter(|pair| keeps(pair.split('=').next().unwrap_or_default()));
        let kept = kept.collect::<Vec<_>>().join("&");
        self.query = (!kept.is_empty()).then_some(kept);
    }
}

impl Reply {
    pub fn new(status: u16) -> Self {
        let mut reply = Self { status, headers: HeaderMap::new(), body: Vec::new() };
        reply.set("x-request-id", "01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77");
        reply
    }

    pub fn set(&mut self, name: &'static str, value: &'static str) {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Changes a JSON body.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = serde_json::from_slice(&self.body) {
            change(&mut body);
            self.body = body.to_string().into_bytes();
        }
    }

    /// Replaces a text in the body.
    pub fn replace(&mut self, from: &str, to: &str) {
        self.body = String::from_utf8_lossy(&self.body).replace(from, to).into_bytes();
    }
}

/// A running proxy. It stops when it is dropped.
pub struct Proxy {
    pub url: String,
    task: AbortHandle,
}

struct Upstream {
    deviation: Deviation,
    url: String,
    organization: String,
    owner: String,
    http: reqwest::Client,
    memory: Mutex<HashMap<String, String>>,
}

impl Proxy {
    pub async fn start(server: &Server, deviation: Deviation) -> Self {
        let upstream = Upstream {
            deviation,
            url: server.url(""),
            organization: server.organization_id.to_string(),
            owner: server.owner.secret.clone(),
            // A kept connection can be closed at the moment of the next request.
            http: reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client"),
            memory: Mutex::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(handle).with_state(Arc::new(upstream));
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { url, task }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(upstream): State<Arc<Upstream>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let mut exchange = Exchange {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: to_bytes(body, usize::MAX).await.unwrap_or_default(),
        organization: &upstream.organization,
        owner: &upstream.owner,
        memory: &upstream.memory,
    };
    let mut reply = match (upstream.deviation.request)(&mut exchange) {
        Some(reply) => reply,
        None => forward(&upstream, &exchange).await,
    };
    (upstream.deviation.response)(&exchange, &mut reply);
    let mut response = Response::builder().status(reply.status);
    reply.headers.remove("transfer-encoding");
    reply.headers.remove("content-length");
    *response.headers_mut().expect("a valid status") = reply.headers;
    response.body(Body::from(reply.body)).expect("a response")
}

async fn forward(upstream: &Upstream, exchange: &Exchange<'_>) -> Reply {
    let query = exchange.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut headers = exchange.headers.clone();
    for name in ["host", "content-length", "transfer-encoding"] {
        headers.remove(name);
    }
    let request = upstream.http.request(exchange.method.clone(), format!("{}{}{query}", upstream.url, exchange.path));
    let response = request.headers(headers).body(exchange.body.clone()).send().await.expect("a response");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, body: response.bytes().await.expect("a body").to_vec() }
}
