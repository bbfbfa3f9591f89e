//! A server with the Aether API: its URL, and the observations of every test on it.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderName;
use reqwest::{Method, Request};
use serde_json::Value;
use uuid::Uuid;

use crate::Response;
use crate::coverage::Coverage;
use crate::secret::redact;

/// The part of a request body that a message shows, in bytes.
const SHOWN: usize = 300;

/// Headers that gateways add to responses by default.
const GATEWAY_HEADERS: [&str; 6] = ["alt-svc", "keep-alive", "server", "strict-transport-security", "vary", "via"];

/// A server at a URL.
#[derive(Debug)]
pub struct Deployment {
    base_url: String,
    http: reqwest::Client,
    coverage: Arc<Coverage>,
    /// Whether the server has the limits of a live system, and may be behind a gateway.
    is_live: bool,
    ignored_headers: Vec<HeaderName>,
    requests: AtomicUsize,
    issued: AtomicUsize,
    unnamed: Mutex<BTreeSet<Uuid>>,
    /// The secrets of the tokens that were created, whatever their form is.
    secrets: Mutex<BTreeSet<String>>,
}

impl Deployment {
    /// A server at a URL without a slash at its end, of which the tests have every limit.
    #[must_use]
    pub fn new(base_url: String, http: reqwest::Client, coverage: Arc<Coverage>) -> Self {
        Self {
            base_url,
            http,
            coverage,
            is_live: false,
            ignored_headers: Vec::new(),
            requests: AtomicUsize::new(0),
            issued: AtomicUsize::new(0),
            unnamed: Mutex::default(),
            secrets: Mutex::default(),
        }
    }

    /// The same server with the limits of a live system, and behind a gateway: a 429 and a 503 are followed by the same request
    /// after `Retry-After`, and responses can have the headers of gateways and these.
    #[must_use]
    pub fn live(mut self, ignored_headers: &[HeaderName]) -> Self {
        self.is_live = true;
        self.ignored_headers = GATEWAY_HEADERS.map(HeaderName::from_static).to_vec();
        self.ignored_headers.extend_from_slice(ignored_headers);
        self
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    #[must_use]
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Whether the server has the limits of a live system, and may be behind a gateway.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// The number of requests that were sent.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// The number of tokens that were created.
    #[must_use]
    pub fn issued(&self) -> usize {
        self.issued.load(Ordering::Relaxed)
    }

    /// Records a token that was created. `is_named` is whether its name begins with the prefix of the run.
    pub(crate) fn record_issued(&self, id: Uuid, is_named: bool) {
        self.issued.fetch_add(1, Ordering::Relaxed);
        if !is_named {
            self.unnamed.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        }
    }

    /// Removes the secrets of the tokens that were created from a text.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let replace = |text: String, secret: &String| text.replace(secret.as_str(), "[redacted]");
        redact(&secrets.iter().fold(text.to_owned(), replace))
    }

    /// The tokens that were created with a name of another beginning than the prefix of the run.
    pub(crate) fn unnamed(&self) -> BTreeSet<Uuid> {
        self.unnamed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The path of a request below the URL of the deployment.
    pub(crate) fn path_of<'r>(&self, request: &'r Request) -> &'r str {
        let base = self.base_url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let path = request.url().path();
        path.strip_prefix(base.unwrap_or_default()).unwrap_or(path)
    }

    /// Sends a request once. Returns the method and the path with the response.
    ///
    /// # Errors
    /// A sentence about the connection that failed.
    pub(crate) async fn execute(&self, request: Request) -> Result<(Method, String, Response), String> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (method, path) = (request.method().clone(), self.path_of(&request).to_owned());
        let mut line = format!("{method} {path}");
        if let Some(query) = request.url().query() {
            line = format!("{line}?{query}");
        }
        if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
            line = format!("{line} {}", String::from_utf8_lossy(&body[..body.len().min(SHOWN)]));
        }
        let failed = |error: reqwest::Error| format!("{method} {path}: no response: {}", cause(&error));
        let again = request.try_clone();
        let response = match (self.http.execute(request).await, again) {
            // A server can close a connection after a response, for example because it has not read the body of the request.
            // A request that is sent at that moment is lost.
            (Err(error), Some(again)) if error.is_request() && !error.is_connect() && !error.is_timeout() => {
                self.http.execute(again).await
            }
            (response, _) => response,
        };
        let response = response.map_err(failed)?;
        let mut response = Response::read(line, response).await.map_err(failed)?;
        for name in &self.ignored_headers {
            response.headers.remove(name);
        }
        if response.status.as_u16() == 201 {
            let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            let secret = body["token"].as_str().filter(|secret| !secret.is_empty()).map(str::to_owned);
            self.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(secret);
        }
        Ok((method, path, response))
    }

    /// The time after which a request is to be repeated.
    pub(crate) fn wait(&self, response: &Response) -> Option<Duration> {
        const LONGEST: u64 = 120;
        let is_busy = matches!(response.status.as_u16(), 429 | 503);
        // Outside a test, a header that is not ASCII must not end the run.
        let header = response.headers.get("retry-after").filter(|_| self.is_live && is_busy)?;
        let seconds: u64 = header.to_str().ok()?.parse().ok()?;
        (seconds <= LONGEST).then(|| Duration::from_secs(seconds.max(1)))
    }
}

/// The last cause of an error, which names the reason.
fn cause(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
