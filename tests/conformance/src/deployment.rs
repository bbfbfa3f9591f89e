//! A server with the Aether API: its URL, and the observations of every test on it.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Method, Request};
use uuid::Uuid;

use crate::Response;
use crate::coverage::Coverage;

/// The part of a request body that a message shows, in bytes.
const SHOWN: usize = 300;

/// A server at a URL.
#[derive(Debug)]
pub struct Deployment {
    base_url: String,
    http: reqwest::Client,
    coverage: Arc<Coverage>,
    /// Whether a request waits if the server is busy or has a rate limit.
    waits: bool,
    requests: AtomicUsize,
    issued: AtomicUsize,
    unnamed: Mutex<BTreeSet<Uuid>>,
}

impl Deployment {
    /// A server at a URL without a slash at its end. With `waits`, a 429 and a 503 are followed by the same request after
    /// `Retry-After`.
    #[must_use]
    pub fn new(base_url: String, http: reqwest::Client, coverage: Arc<Coverage>, waits: bool) -> Self {
        let (requests, issued) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { base_url, http, coverage, waits, requests, issued, unnamed: Mutex::default() }
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

    /// Whether a request waits if the server is busy or has a rate limit.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits
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
        let response = self.http.execute(request).await.map_err(failed)?;
        let response = Response::read(line, response).await.map_err(failed)?;
        Ok((method, path, response))
    }

    /// The time after which a request is to be repeated.
    pub(crate) fn wait(&self, response: &Response) -> Option<Duration> {
        const LONGEST: u64 = 120;
        let is_busy = matches!(response.status.as_u16(), 429 | 503);
        let seconds: u64 = response.header("retry-after").filter(|_| self.waits && is_busy)?.parse().ok()?;
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
