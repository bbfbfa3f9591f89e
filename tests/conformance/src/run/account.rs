//! The token that a run was given, and the token of the run that it creates.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use crate::api::RootToken;
use crate::scopes::covers;
use crate::suite::{Need, Outcome, REQUIRED_SCOPES, Test};
use crate::{Deployment, Organization, Response, Token, wire_time};

/// The shortest life of a run's tokens. Tests use expiries of half an hour.
const SHORTEST: TimeDelta = TimeDelta::minutes(45);

/// The pages of the audit log that are read to find its end.
const EVENT_PAGES: usize = 50;

/// The reason why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    NoResponse(String),
    #[error("the token is not accepted: 401 from {0}")]
    Unauthorized(String),
    #[error("the token lacks the scopes {0}; it needs {needed}", needed = REQUIRED_SCOPES.join(" "))]
    MissingScopes(String),
    #[error("the run's tokens would live for less than {} minutes: the token, or the deployment, limits them", SHORTEST.num_minutes())]
    ShortLife,
    #[error("both tokens are of the same organization")]
    SameOrganization,
    #[error("unexpected response: {0}")]
    Unexpected(String),
}

/// A caller of the deployment, with the token of the run that it created.
#[derive(Debug)]
pub(super) struct Account {
    caller: Caller,
    organization_id: Uuid,
    run_token: Token,
    is_unrestricted: bool,
    expires_at: DateTime<Utc>,
    /// The `created_at` of the token of the run.
    begun_at: String,
    has_rate_limit: bool,
}

/// The record of the caller's own token.
struct Record {
    organization_id: Uuid,
    is_unrestricted: bool,
    expires_at: Option<DateTime<Utc>>,
    /// The time of the server.
    now: DateTime<Utc>,
}

impl Account {
    /// Reads the caller's token, and creates the token of the run with a name.
    pub(super) async fn open(
        deployment: Arc<Deployment>,
        secret: SecretString,
        name: &str,
        lifetime: Duration,
    ) -> Result<Self, StartError> {
        let caller = Caller::new(deployment, secret);
        let record = read(&caller).await?;
        let path = tokens_path(record.organization_id);
        let scopes = if record.is_unrestricted { vec!["*"] } else { REQUIRED_SCOPES.to_vec() };
        let until = record.now + lifetime;
        let until = record.expires_at.map_or(until, |own| own.min(until));
        let body =
            |until: Option<DateTime<Utc>>| json!({"name": name, "scopes": scopes, "expires_at": until.map(wire_time)});
        let mut created = caller.post(&path, &body(Some(until))).await.map_err(StartError::NoResponse)?;
        if is_beyond_maximum_life(&created) {
            // The deployment shortens a life that is not given.
            created = caller.post(&path, &body(None)).await.map_err(StartError::NoResponse)?;
        }
        let issued = json_of(&created);
        let run_token = token(&issued).filter(|_| created.status.as_u16() == 201);
        let run_token = run_token.ok_or_else(|| unexpected(&created))?;
        let expires_at = time(&issued["expires_at"]);
        let mut account = Self {
            caller,
            organization_id: record.organization_id,
            run_token,
            is_unrestricted: record.is_unrestricted,
            expires_at: until,
            begun_at: issued["created_at"].as_str().unwrap_or_default().to_owned(),
            has_rate_limit: created.headers.contains_key("ratelimit-policy"),
        };
        // A token that does not expire would be left if the run is killed.
        let Some(expires_at) = expires_at else {
            account.end().await;
            return Err(unexpected(&created));
        };
        account.expires_at = expires_at;
        if account.expires_at - record.now < SHORTEST {
            account.end().await;
            return Err(StartError::ShortLife);
        }
        Ok(account)
    }

    pub(super) fn organization_id(&self) -> Uuid {
        self.organization_id
    }

    pub(super) fn organization(&self) -> Organization {
        Organization { id: self.organization_id, root: self.run_token.clone() }
    }

    pub(super) fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// The time of the server at which the run began, in the form of the contract.
    pub(super) fn begun_at(&self) -> &str {
        &self.begun_at
    }

    pub(super) fn has_rate_limit(&self) -> bool {
        self.has_rate_limit
    }

    pub(super) fn is_unrestricted(&self) -> bool {
        self.is_unrestricted
    }

    pub(super) fn run_token_id(&self) -> Uuid {
        self.run_token.id
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The path of the organization's tokens.
    pub(super) fn tokens_path(&self) -> String {
        tokens_path(self.organization_id)
    }

    /// Creates the root token of a test, as the token of the run. Otherwise, the outcome of the test.
    pub(super) async fn root_token(&self, name: &str, test: &Test) -> Result<RootToken, Outcome> {
        let is_unrestricted = self.is_unrestricted && test.needs.contains(&Need::Unrestricted);
        let scopes = if is_unrestricted { vec!["*"] } else { REQUIRED_SCOPES.to_vec() };
        let body = json!({"name": name, "scopes": scopes, "expires_at": wire_time(self.expires_at)});
        let caller = self.caller.with_secret(&self.run_token.secret);
        let response = caller.post(&self.tokens_path(), &body).await.map_err(Outcome::Failed)?;
        let now = Utc::now();
        let issued = json_of(&response);
        let description = || self.caller.deployment().redact(&response.describe());
        let failed = || Outcome::Failed(format!("the token of the test cannot be created: {}", description()));
        if response.status.as_u16() != 201 {
            return Err(failed());
        }
        let token = token(&issued).ok_or_else(failed)?;
        let (Some(created_at), Some(expires_at)) = (time(&issued["created_at"]), time(&issued["expires_at"])) else {
            self.end_root_token(&token).await;
            return Err(failed());
        };
        let clock_difference = created_at - now;
        if expires_at > self.expires_at {
            self.end_root_token(&token).await;
            return Err(failed());
        }
        let (created_at, expires_at) = (Some(created_at), Some(expires_at));
        Ok(RootToken { token, created_at, expires_at, clock_difference })
    }

    /// Revokes the root token of a test and its descendants. It is sent by the token itself, whose rate limit is its own.
    pub(super) async fn end_root_token(&self, root: &Token) {
        // The end of the run looks for tokens that are left.
        let _ = self.caller.with_secret(&root.secret).revoke(&self.tokens_path(), root.id).await;
    }

    /// Finds the cursor of the last page of the audit log; none if the log is too long. A log that cannot be read is the subject of
    /// tests.
    pub(super) async fn end_of_events(&self) -> Option<Option<Uuid>> {
        let path = format!("/api/v1/organizations/{}/audit-events?limit=100", self.organization_id);
        let mut cursor: Option<Uuid> = None;
        for _ in 0..EVENT_PAGES {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let Ok(page) = self.caller.send(Method::GET, &format!("{path}{after}")).await else { return Some(cursor) };
            match json_of(&page)["next_cursor"].as_str().and_then(|next| next.parse().ok()) {
                Some(next) if cursor != Some(next) => cursor = Some(next),
                _ => return Some(cursor),
            }
        }
        None
    }

    /// Revokes the token of the run and its descendants: as the caller, or as the token itself if the caller has lost its power.
    pub(super) async fn end(&self) -> bool {
        let (path, id) = (self.tokens_path(), self.run_token.id);
        self.caller.revoke(&path, id).await || self.caller.with_secret(&self.run_token.secret).revoke(&path, id).await
    }
}

/// Reads the token of a caller.
async fn read(caller: &Caller) -> Result<Record, StartError> {
    let current = caller.send(Method::GET, "/api/v1/api-tokens/current").await.map_err(StartError::NoResponse)?;
    if current.status.as_u16() == 401 {
        return Err(StartError::Unauthorized(caller.deployment().url("")));
    }
    let record = json_of(&current);
    let organization_id = record["org_id"].as_str().and_then(|id| id.parse().ok());
    let organization_id = organization_id.filter(|_| current.status.as_u16() == 200);
    let organization_id: Uuid = organization_id.ok_or_else(|| unexpected(&current))?;
    let held: Vec<&str> = record["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let missing: Vec<_> = REQUIRED_SCOPES.into_iter().filter(|scope| !covers(&held, scope)).collect();
    if !missing.is_empty() {
        return Err(StartError::MissingScopes(missing.join(" ")));
    }
    let date = current.headers.get("date").and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    Ok(Record {
        organization_id,
        is_unrestricted: held.contains(&"*"),
        expires_at: time(&record["expires_at"]),
        now: date.map_or_else(Utc::now, Into::into),
    })
}

fn tokens_path(organization_id: Uuid) -> String {
    format!("/api/v1/organizations/{organization_id}/api-tokens")
}

fn unexpected(response: &Response) -> StartError {
    StartError::Unexpected(response.describe())
}

/// The body as JSON; null if it is none.
pub(super) fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

fn is_beyond_maximum_life(response: &Response) -> bool {
    let body = json_of(response);
    let details = body["error"]["details"].as_array();
    response.status.as_u16() == 422
        && details
            .is_some_and(|details| details.iter().any(|it| it["field"] == "expires_at" && it["code"] == "out_of_range"))
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

fn token(issued: &Value) -> Option<Token> {
    let id = issued["id"].as_str()?.parse().ok()?;
    Some(Token { id, secret: issued["token"].as_str()?.to_owned() })
}
