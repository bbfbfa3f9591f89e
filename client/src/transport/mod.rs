//! The way of every request to the server: credential, time limits, attempts and retries.
//!
//! The generated operations build a request and hand it to [`Client::execute`]. A success comes back with its whole body,
//! because a body that breaks is a reason to repeat the request, too.

mod attempt;
mod backoff;
pub(crate) mod retry_after;
mod self_revocation;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use backon::Retryable;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, debug_span};
use uuid::Uuid;

use crate::generated::Client;
use crate::{Error, Result, Retries, TokenSecret};
use backoff::FullJitter;

/// The header of the key by which the server recognizes a repeated request.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The operations that are a POST because of the secret in their body, and change nothing.
const READS: [&str; 1] = ["introspect_api_token"];

/// The credential and the settings of a client.
#[derive(Clone)]
pub(crate) struct Transport {
    inner: Arc<Inner>,
    /// The end of a call that has several requests.
    deadline: Option<Instant>,
}

pub(crate) struct Inner {
    pub(crate) authorization: HeaderValue,
    pub(crate) settings: Settings,
    /// The caller's own token, once it was asked for.
    pub(crate) identity: OnceCell<Identity>,
}

/// The settings of a client.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) user_agent: HeaderValue,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) retries: Retries,
    /// Whether the HTTP client is the caller's, so that it can follow redirects.
    pub(crate) is_foreign: bool,
}

/// The caller's own token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) org_id: Uuid,
    /// It is unknown if the caller has set the organization.
    pub(crate) token_id: Option<Uuid>,
}

impl Transport {
    pub(crate) fn new(authorization: HeaderValue, settings: Settings, org_id: Option<Uuid>) -> Self {
        let identity = org_id.map(|org_id| Identity { org_id, token_id: None });
        let inner = Inner { authorization, settings, identity: OnceCell::new_with(identity) };
        Self { inner: Arc::new(inner), deadline: None }
    }

    /// The same transport for the requests of one call, which have one deadline.
    pub(crate) fn for_one_call(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), deadline: Some(self.deadline()) }
    }

    pub(crate) fn deadline(&self) -> Instant {
        /// As good as no limit.
        const MAX: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
        self.deadline.unwrap_or_else(|| Instant::now() + self.settings.timeout.min(MAX))
    }

    /// The same settings with another token. Its organization is not known.
    pub(crate) fn with_token(&self, token: &TokenSecret) -> Result<Self> {
        Ok(Self::new(authorization(token)?, self.settings.clone(), None))
    }
}

/// The credential of a token. `Debug` and HTTP/2's header compression leave it out.
pub(crate) fn authorization(token: &TokenSecret) -> Result<HeaderValue> {
    let token = token.expose_secret().trim();
    if token.is_empty() {
        return Err(Error::configuration("the token is empty"));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::configuration("the token has characters other than visible ASCII"));
    }
    let bearer = SecretString::from(format!("Bearer {token}"));
    let mut bearer = HeaderValue::try_from(bearer.expose_secret()).expect("visible ASCII is a header");
    bearer.set_sensitive(true);
    Ok(bearer)
}

impl std::ops::Deref for Transport {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

/// Prints no credential.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// An operation of the contract.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The name of the generated function.
    pub(crate) id: &'static str,
    pub(crate) repetition: Repetition,
}

/// The reason why a request can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repetition {
    /// The server recognizes a repeated request by its `Idempotency-Key`.
    Keyed,
    /// The method decides.
    ByMethod,
}

/// A response with its whole body.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The history of the request. It is empty as long as an attempt is in progress.
    pub(crate) history: History,
}

/// The facts about a request that its error reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// The number of times that the request was sent.
    pub(crate) attempts: u32,
    pub(crate) idempotency_key: Option<String>,
    /// Whether the server can have executed an attempt that failed.
    pub(crate) is_ambiguous: bool,
}

impl Response {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status, headers, body, history: History::default() }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

/// A call: one request and its attempts.
struct Call<'c> {
    client: &'c Client,
    operation: &'c Operation,
    request: &'c Request,
    deadline: Instant,
    attempts: AtomicU32,
    /// Whether the server can have executed an earlier attempt.
    is_ambiguous: AtomicBool,
}

impl Client {
    /// Sends a request until it succeeds, or a further attempt is useless, unsafe, or too late.
    pub(crate) async fn execute(&self, mut request: Request, operation: &Operation) -> Result<Response> {
        let Settings { user_agent, retries, .. } = &self.inner.settings;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.inner.authorization.clone());
        headers.insert(USER_AGENT, user_agent.clone());
        if operation.repetition == Repetition::Keyed && !headers.contains_key(IDEMPOTENCY_KEY) {
            let key = Uuid::new_v4().to_string();
            headers.insert(IDEMPOTENCY_KEY, key.try_into().expect("a UUID is visible ASCII"));
        }
        let retries = if is_repeatable(&request, operation) { retries.clone() } else { Retries::off() };
        let call = Call {
            client: self,
            operation,
            request: &request,
            deadline: self.inner.deadline(),
            attempts: AtomicU32::new(0),
            is_ambiguous: AtomicBool::new(false),
        };
        let span = debug_span!("aether", operation = operation.id, status = Empty, attempts = Empty);
        let result = (|| call.attempt())
            .retry(FullJitter::new(&retries))
            .when(Error::is_retryable)
            .adjust(|error, delay| call.delay(error, delay?))
            .notify(|error, delay| debug!(%error, ?delay, "the request is repeated"))
            .instrument(span.clone())
            .await;
        let (attempts, is_ambiguous) = (call.attempts.into_inner(), call.is_ambiguous.into_inner());
        span.record("attempts", attempts);
        record_status(&span, &result);
        let idempotency_key =
            request.headers().get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).map(str::to_owned);
        let history = History { attempts, idempotency_key, is_ambiguous };
        match result {
            Ok(response) => Ok(Response { history, ..response }),
            Err(error) => Err(error.with_history(history)),
        }
    }
}

/// Whether the request has the same effect if it is executed twice.
fn is_repeatable(request: &Request, operation: &Operation) -> bool {
    request.method().is_idempotent() || operation.repetition == Repetition::Keyed || READS.contains(&operation.id)
}

impl Call<'_> {
    async fn attempt(&self) -> Result<Response> {
        let attempt = 1 + self.attempts.fetch_add(1, Ordering::Relaxed);
        let span = debug_span!("attempt", attempt, status = Empty);
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        let result = attempt::attempt(self.client, self.request, remaining).instrument(span.clone()).await;
        record_status(&span, &result);
        let error = match result {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        if self.is_ambiguous.load(Ordering::Relaxed) && self_revocation::is_done(self, &error) {
            return Ok(Response::new(StatusCode::NO_CONTENT, HeaderMap::new(), Vec::new()));
        }
        if error.is_ambiguous() {
            self.is_ambiguous.store(true, Ordering::Relaxed);
        }
        Err(error)
    }

    /// The delay before the next attempt, unless that is too late.
    fn delay(&self, error: &Error, delay: Duration) -> Option<Duration> {
        // The jitter is added to the time that the server asks for, and does not come before it.
        let delay = error.retry_after().unwrap_or_default().saturating_add(delay);
        (delay < self.deadline.saturating_duration_since(Instant::now())).then_some(delay)
    }
}

fn record_status(span: &Span, result: &Result<Response>) {
    let status = result.as_ref().map_or_else(Error::status, |response| Some(response.status));
    if let Some(status) = status {
        span.record("status", status.as_u16());
    }
}
