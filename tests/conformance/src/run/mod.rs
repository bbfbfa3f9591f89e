//! A run of the suite against a live deployment.
//!
//! Every token of a run descends from one token, the run's, which expires after a time. So one revocation ends them all, and
//! if it cannot be sent, they end by themselves.

mod account;
mod caller;
mod cleanup;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::StreamExt;
use reqwest::header::HeaderName;
use secrecy::SecretString;
use uuid::Uuid;

use crate::report::TestResult;
use crate::suite::{Need, Outcome, Test};
use crate::{Api, Deployment, Organization};

use account::Account;
pub use account::StartError;
pub use cleanup::Cleanup;

/// The time after which a test is a failure.
const TEST_TIMEOUT: Duration = Duration::from_secs(600);

/// The settings of a run.
#[derive(Debug)]
pub struct Settings {
    /// The URL of the deployment, without a slash at its end.
    pub base_url: String,
    /// A client that does not follow redirects, which would carry a token to another host.
    pub http: reqwest::Client,
    /// Headers of responses that the contract does not have, next to those that gateways add by default.
    pub ignored_headers: Vec<HeaderName>,
    /// A token with [`REQUIRED_SCOPES`](crate::suite::REQUIRED_SCOPES).
    pub token: SecretString,
    /// Such a token of a second organization.
    pub other_token: Option<SecretString>,
    /// The beginning of the names of the run's tokens.
    pub prefix: String,
    /// The time after which the run's tokens expire.
    pub lifetime: Duration,
    /// The number of tests that run at once.
    pub jobs: usize,
}

/// A run that has begun. [`Run::end`] ends its tokens.
#[derive(Debug)]
pub struct Run {
    deployment: Arc<Deployment>,
    account: Account,
    other: Option<Account>,
    api: Api,
    /// The beginning of the names of this run's tokens.
    label: String,
    events_cursor: Option<Uuid>,
    /// The needs that the deployment does not meet.
    unmet: BTreeSet<Need>,
    jobs: usize,
    begun_at: DateTime<Utc>,
    begun: Instant,
}

impl Run {
    /// Reads the tokens of the settings, and creates the token of the run in each organization.
    ///
    /// # Errors
    /// If the deployment cannot be reached, or if a token cannot be used. No token is left then.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let Settings { base_url, http, ignored_headers, token, other_token, prefix, lifetime, jobs } = settings;
        let (begun_at, begun) = (Utc::now(), Instant::now());
        let deployment = Arc::new(Deployment::new(base_url, http, Arc::default()).live(&ignored_headers));
        let label = format!("{prefix} {:08x}", rand::random::<u32>());
        let account = Account::open(Arc::clone(&deployment), token, &label, lifetime).await?;
        let other = match other_token {
            None => None,
            Some(token) => match Account::open(Arc::clone(&deployment), token, &label, lifetime).await {
                Ok(other) if other.organization_id() == account.organization_id() => {
                    other.end().await;
                    account.end().await;
                    return Err(StartError::SameOrganization);
                }
                Ok(other) => Some(other),
                Err(error) => {
                    account.end().await;
                    return Err(error);
                }
            },
        };
        let mut api = Api::new(Arc::clone(&deployment), account.organization());
        if let Some(other) = &other {
            api = api.with_other(other.organization());
        }
        Ok(Self {
            deployment,
            account,
            other,
            api,
            label,
            events_cursor: None,
            unmet: BTreeSet::new(),
            jobs,
            begun_at,
            begun,
        })
    }

    async fn find_unmet_needs(&mut self) {
        match self.account.end_of_events().await {
            Some(cursor) => self.events_cursor = cursor,
            None => drop(self.unmet.insert(Need::AuditLog)),
        }
        if !self.account.has_rate_limit() {
            self.unmet.insert(Need::RateLimit);
        }
        if self.other.is_none() {
            self.unmet.insert(Need::SecondOrganization);
        }
        if !self.account.is_unrestricted() {
            self.unmet.insert(Need::Unrestricted);
        }
    }

    /// The organization of the run.
    #[must_use]
    pub fn organization_id(&self) -> Uuid {
        self.account.organization_id()
    }

    /// The beginning of the names of the run's tokens.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The time at which the run's tokens expire.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.account.expires_at()
    }

    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    #[must_use]
    pub fn begun_at(&self) -> DateTime<Utc> {
        self.begun_at
    }

    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Runs tests, several at once. `on_result` is called with each result. The future can be dropped, which stops the tests;
    /// [`Run::end`] still ends their tokens.
    pub async fn execute(&mut self, tests: &[Test], mut on_result: impl FnMut(TestResult)) {
        self.find_unmet_needs().await;
        let mut results = futures::stream::iter(tests.iter().enumerate())
            .map(|(number, test)| self.run_test(number, test))
            .buffer_unordered(self.jobs);
        while let Some(result) = results.next().await {
            on_result(result);
        }
    }

    async fn run_test(&self, number: usize, test: &Test) -> TestResult {
        let begun = Instant::now();
        let result = |outcome: Outcome| TestResult::new(test.to_string(), outcome, begun.elapsed());
        if let Some(need) = test.needs.iter().find(|need| self.unmet.contains(need)) {
            return result(Outcome::Skipped(need.to_string()));
        }
        let label = format!("{} {number}", self.label);
        let root = match self.account.root_token(&label, test).await {
            Ok(root) => root,
            Err(outcome) => return result(outcome),
        };
        let token = root.token.clone();
        let api = self.api.for_test(label.clone(), root, self.events_cursor);
        let outcome = tokio::time::timeout(TEST_TIMEOUT, self.run_with(api, label, test)).await;
        let timeout = || Outcome::Failed(format!("no result within {} s", TEST_TIMEOUT.as_secs()));
        let result = result(outcome.unwrap_or_else(|_| timeout()));
        self.account.end_root_token(&token).await;
        result
    }

    /// Runs a test, with a root token of its own in the second organization if the test needs one.
    async fn run_with(&self, api: Api, label: String, test: &Test) -> Outcome {
        let Some(other) = self.other.as_ref().filter(|_| test.needs.contains(&Need::SecondOrganization)) else {
            return test.run(api).await;
        };
        let root = match other.root_token(&label, test).await {
            Ok(root) => root.token,
            Err(outcome) => return outcome,
        };
        let organization = Organization { id: other.organization_id(), root: root.clone() };
        let outcome = test.run(api.with_other(organization)).await;
        other.end_root_token(&root).await;
        outcome
    }

    /// Ends every token of the run, and checks that none is left.
    pub async fn end(&self) -> Cleanup {
        let mut cleanup = cleanup::clean(&self.account, &self.label, self.deployment.unnamed()).await;
        if let Some(other) = &self.other {
            cleanup = cleanup.and(cleanup::clean(other, &self.label, BTreeSet::new()).await);
        }
        cleanup
    }
}
