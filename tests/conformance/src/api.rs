//! The API of a deployment as one test calls it. Every response is checked against the contract.

mod audit;
mod tokens;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::header::{AUTHORIZATION, HeaderName};
use reqwest::{Method, Request, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

use crate::contract::CONTRACT;
use crate::deployment::Deployment;
use crate::secret::contains_secret;
use crate::{Response, Token};

/// Marks a request that is sent without the root token. The header is removed before the request is sent.
const ANONYMOUS: HeaderName = HeaderName::from_static("x-test-anonymous");

/// The number of exchanges that the message of a failed test shows.
const SHOWN_EXCHANGES: usize = 4;

/// The time for which a request that a busy server rejects is repeated.
const PATIENCE: Duration = Duration::from_secs(300);

/// An organization with a token of it.
#[derive(Debug, Clone)]
pub struct Organization {
    pub id: Uuid,
    /// Creates the other tokens.
    pub root: Token,
}

/// The API of a deployment, with the root token of a test. Clones are the same test.
#[derive(Debug, Clone)]
pub struct Api {
    deployment: Arc<Deployment>,
    pub organization_id: Uuid,
    /// The default credential, and the creator of the tokens of the test.
    pub root: Token,
    root_created_at: Option<DateTime<Utc>>,
    root_expires_at: Option<DateTime<Utc>>,
    /// The clock of the server minus the clock of this machine.
    clock_difference: TimeDelta,
    other: Option<Organization>,
    label: String,
    /// The cursor behind which the audit events of the test are.
    events_cursor: Option<Uuid>,
    issued: Arc<Mutex<BTreeSet<Uuid>>>,
    exchanges: Arc<Mutex<VecDeque<String>>>,
}

impl Api {
    /// The API with a root token of an organization. The token has the scope `*` and does not expire.
    #[must_use]
    pub fn new(deployment: Arc<Deployment>, organization: Organization) -> Self {
        Self {
            deployment,
            organization_id: organization.id,
            root: organization.root,
            root_created_at: None,
            root_expires_at: None,
            clock_difference: TimeDelta::zero(),
            other: None,
            label: "test".to_owned(),
            events_cursor: None,
            issued: Arc::default(),
            exchanges: Arc::default(),
        }
    }

    /// The same API with a second organization.
    #[must_use]
    pub fn with_other(mut self, other: Organization) -> Self {
        self.other = Some(other);
        self
    }

    /// The same API for another test: with another root token, that another one created.
    pub(crate) fn for_test(&self, label: String, root: RootToken, events_cursor: Option<Uuid>) -> Self {
        Self {
            root: root.token,
            root_created_at: root.created_at,
            root_expires_at: root.expires_at,
            clock_difference: root.clock_difference,
            label,
            events_cursor,
            issued: Arc::default(),
            exchanges: Arc::default(),
            ..self.clone()
        }
    }

    #[must_use]
    pub fn deployment(&self) -> &Arc<Deployment> {
        &self.deployment
    }

    /// The expiry of the root token.
    #[must_use]
    pub fn root_expires_at(&self) -> Option<DateTime<Utc>> {
        self.root_expires_at
    }

    /// The time of the server.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.clock_difference
    }

    /// A time in the future of the server, in the form of the contract. The root token lives for longer than 40 minutes.
    #[must_use]
    pub fn in_minutes(&self, minutes: i64) -> String {
        wire_time(self.now() + TimeDelta::minutes(minutes))
    }

    /// A name by which the tokens of the test are recognized.
    #[must_use]
    pub fn name(&self, suffix: &str) -> String {
        format!("{} {suffix}", self.label)
    }

    /// An idempotency key that no other test has.
    #[must_use]
    pub fn key(&self, suffix: &str) -> String {
        self.name(suffix).replace(' ', "-")
    }

    /// The second organization.
    ///
    /// # Panics
    /// If the deployment has none. A test that uses it needs it.
    #[must_use]
    pub fn other(&self) -> &Organization {
        self.other.as_ref().expect("a second organization")
    }

    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.deployment.url(path)
    }

    /// Fills the parameters of a path template: the organization, and a token.
    #[must_use]
    pub fn expand_path(&self, template: &str, token_id: Uuid) -> String {
        template.replace("{orgID}", &self.organization_id.to_string()).replace("{tokenID}", &token_id.to_string())
    }

    #[must_use]
    pub fn tokens_path(&self) -> String {
        format!("/api/v1/organizations/{}/api-tokens", self.organization_id)
    }

    #[must_use]
    pub fn token_path(&self, id: Uuid) -> String {
        format!("{}/{id}", self.tokens_path())
    }

    #[must_use]
    pub fn events_path(&self) -> String {
        format!("/api/v1/organizations/{}/audit-events", self.organization_id)
    }

    #[must_use]
    pub fn rotate_path(&self, id: Uuid) -> String {
        format!("{}/rotate", self.token_path(id))
    }

    /// Builds a request without a default credential.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header(ANONYMOUS, "")
    }

    /// Builds a GET. Its default credential is the root token.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// Builds a request that reads the caller's own token.
    pub fn get_current(&self, secret: &str) -> RequestBuilder {
        self.get("/api/v1/api-tokens/current").bearer_auth(secret)
    }

    /// Builds a POST. Its default credential is the root token.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// Builds a PUT. Its default credential is the root token.
    pub fn put(&self, path: &str) -> RequestBuilder {
        self.request(Method::PUT, path)
    }

    /// Builds a DELETE. Its default credential is the root token.
    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.deployment.http().request(method, self.url(path))
    }

    /// Sends a request, and checks the response against the contract. A deployment that waits is asked again if it is busy or
    /// limits the caller.
    ///
    /// # Panics
    /// If there is no response, or if it does not conform to the contract.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        let mut request = self.with_credential(request);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let again = request.try_clone();
            let response = self.exchange(request).await;
            let wait = self.deployment.wait(&response).filter(|wait| Instant::now() + *wait < deadline);
            let (Some(next), Some(wait)) = (again, wait) else { return response };
            tokio::time::sleep(wait).await;
            request = next;
        }
    }

    /// Sends a request once, even to a deployment that waits.
    ///
    /// # Panics
    /// If there is no response, or if it does not conform to the contract.
    pub async fn send_once(&self, request: RequestBuilder) -> Response {
        self.exchange(self.with_credential(request)).await
    }

    fn with_credential(&self, request: RequestBuilder) -> Request {
        let mut request = request.build().expect("a request");
        let is_anonymous = request.headers_mut().remove(ANONYMOUS).is_some();
        if !is_anonymous && !request.headers().contains_key(AUTHORIZATION) {
            let bearer = format!("Bearer {}", self.root.secret).parse().expect("a header value");
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        request
    }

    async fn exchange(&self, request: Request) -> Response {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let sent: Value = body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let (method, path, response) = self.deployment.execute(request).await.unwrap_or_else(|error| panic!("{error}"));
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        if exchanges.len() == SHOWN_EXCHANGES {
            exchanges.pop_front();
        }
        exchanges.push_back(describe(&method, &path, &response));
        drop(exchanges);
        self.record_issued(&path, &sent, &response);
        self.check(&method, &path, &response);
        response
    }

    /// Checks a response of an operation against the contract, and records it. Other paths and methods are skipped: a 405
    /// belongs to no operation.
    ///
    /// # Panics
    /// If the response does not conform.
    pub fn check(&self, method: &Method, path: &str, response: &Response) {
        let Some(operation) = CONTRACT.operation(method, path) else { return };
        if let Err(errors) = CONTRACT.check(operation, response, self.deployment.coverage()) {
            panic!("{}: {}", response.describe(), errors.join("; "));
        }
        // A secret is returned once, in the response that issues it. The name of an unknown parameter is that of the request.
        let target = response.request.split(' ').nth(1).unwrap_or_default();
        let may_have_secret = response.status.as_u16() == 201 || contains_secret(target.as_bytes());
        assert!(
            may_have_secret || !contains_secret(&response.body),
            "{}: the body contains a secret",
            response.describe()
        );
    }

    /// Records a token that the test created, and no other one that a server may have returned.
    fn record_issued(&self, path: &str, sent: &Value, response: &Response) {
        let issued: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let id = issued["id"].as_str().and_then(|id| id.parse().ok());
        let (201, Some(id)) = (response.status.as_u16(), id) else { return };
        // A test must not change a token that is older than it, whatever a server returns.
        let created_at = issued["created_at"].as_str().and_then(|time| time.parse().ok());
        assert!(created_at >= self.root_created_at, "{}: the token is older than the request", response.describe());
        let mut own = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = match path.strip_suffix("/rotate").and_then(|path| path.rsplit('/').next()?.parse().ok()) {
            Some(predecessor) => own.contains(&predecessor) || predecessor == self.root.id,
            None => sent["name"].is_string() && sent["name"] == issued["name"],
        };
        if is_own {
            own.insert(id);
            let is_named = issued["name"].as_str().is_some_and(|name| name.starts_with(&self.label));
            self.deployment.record_issued(id, is_named);
        }
    }

    /// The last requests and responses, without secrets.
    #[must_use]
    pub fn last_exchanges(&self) -> Vec<String> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Checks a response body that belongs to no operation against a schema of the contract. Returns each violation.
    #[must_use]
    pub fn check_body(&self, schema: &Value, body: &Value) -> Vec<String> {
        CONTRACT.check_body(schema, body, self.deployment.coverage())
    }
}

/// A response for messages. A list has tokens and events of others, which do not belong into a report.
fn describe(method: &Method, path: &str, response: &Response) -> String {
    let is_list = path.ends_with("/api-tokens") || path.ends_with("/audit-events");
    if *method != Method::GET || !is_list || response.status.as_u16() != 200 {
        return response.describe();
    }
    let page: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    format!("{} returned 200 with {} items", response.request, page["items"].as_array().map_or(0, Vec::len))
}

/// A new root token of a test.
#[derive(Debug)]
pub(crate) struct RootToken {
    pub(crate) token: Token,
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) clock_difference: TimeDelta,
}

/// A time in the form of the contract.
#[must_use]
pub fn wire_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The first try of the time from the update of an expiry to the expiry. A slow connection needs more.
const UNTIL_EXPIRY: Duration = Duration::from_millis(200);
