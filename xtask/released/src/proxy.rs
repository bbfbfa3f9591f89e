//! A proxy that changes the responses of a server.

use std::io;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A change of every response.
#[derive(Debug, Clone)]
pub enum Change {
    /// Every object has a property that no released contract has.
    Addition,
    /// No object has the property.
    Removal(String),
    /// Every success has the status.
    Status(StatusCode),
}

/// A running proxy on a free port of the loopback address. It stops when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone)]
struct Settings {
    server: String,
    change: Change,
    http: reqwest::Client,
}

impl Proxy {
    /// Starts a proxy in front of the server at a URL.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(server: &str, change: Change) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let http = reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?;
        let settings = Settings { server: server.to_owned(), change, http };
        let router = Router::new().fallback(forward).with_state(settings);
        let task = tokio::spawn(async move {
            // The end of the listener is seen by the client.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, task })
    }

    /// The URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Forwards a request, and changes its response. A failure has the status 502, which no contract documents.
async fn forward(State(settings): State<Settings>, request: Request) -> Response<Body> {
    match exchange(&settings, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn exchange(
    settings: &Settings,
    request: Request,
) -> Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = settings
        .http
        .request(head.method, format!("{}{path}", settings.server))
        .headers(end_to_end(head.headers))
        .body(to_bytes(body, usize::MAX).await?);
    let response = request.send().await?;
    let (mut status, headers) = (response.status(), end_to_end(response.headers().clone()));
    let mut body = response.bytes().await?.to_vec();
    if let Ok(mut value) = serde_json::from_slice::<Value>(&body) {
        change_objects(&mut value, &settings.change);
        body = serde_json::to_vec(&value)?;
    }
    if let (Change::Status(changed), true) = (&settings.change, status.is_success()) {
        status = *changed;
    }
    let mut changed = Response::new(Body::from(body));
    *changed.status_mut() = status;
    *changed.headers_mut() = headers;
    Ok(changed)
}

/// The headers without those of one connection or of the unchanged body.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

fn change_objects(value: &mut Value, change: &Change) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|value| change_objects(value, change));
            match change {
                Change::Addition => add(object),
                Change::Removal(property) => drop(object.shift_remove(property)),
                Change::Status(_) => {}
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|value| change_objects(value, change)),
        _ => {}
    }
}

/// Adds a property that is an object, at the beginning.
fn add(object: &mut Map<String, Value>) {
    object.shift_insert(0, "x_later".to_owned(), serde_json::json!({"values": [1, null]}));
}
