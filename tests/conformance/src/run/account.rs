//! The token that a run was given, and the token of the run that it creates.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::RootToken;
use crate::suite::{NO_ROOM, Outcome, REQUIRED_SCOPES};
use crate::{Deployment, Organization, Response, Token, wire_time};

/// The shortest life of a run's tokens. Tests use expiries of half an hour.
const SHORTEST: TimeDelta = TimeDelta::minutes(45);

/// The pages of the audit log that are read to find its end.
const EVENT_PAGES: usize = 50;

/// The repetitions of a request that a busy server rejects, or that it did not complete.
const REPETITIONS: usize = 20;

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
    deployment: Arc<Deployment>,
    caller: SecretString,
    organization_id: Uuid,
    run_token: Token,
    scopes: Vec<String>,
    expires_at: DateTime<Utc>,
    has_rate_limit: bool,
}

impl Account {
    /// Reads the caller's token, and creates the token of the run with a name.
    pub(super) async fn open(
        deployment: Arc<Deployment>,
        caller: SecretString,
        name: &str,
        lifetime: Duration,
    ) -> Result<Self, StartError> {
        let current = deployment.http().get(deployment.url("/api/v1/api-tokens/current"));
        let current = send(&deployment, current.bearer_auth(caller.expose_secret())).await;
        let current = current.map_err(StartError::NoResponse)?;
        if current.status.as_u16() == 401 {
            return Err(StartError::Unauthorized(deployment.url("")));
        }
        let unexpected = |response: &Response| StartError::Unexpected(response.describe());
        let record: Value = match serde_json::from_slice(&current.body) {
            Ok(record) if current.status.as_u16() == 200 => record,
            _ => return Err(unexpected(&current)),
        };
        let organization_id: Option<Uuid> = record["org_id"].as_str().and_then(|id| id.parse().ok());
        let organization_id = organization_id.ok_or_else(|| unexpected(&current))?;
        let held: Vec<&str> = record["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let missing: Vec<_> = REQUIRED_SCOPES.into_iter().filter(|scope| !covers(&held, scope)).collect();
        if !missing.is_empty() {
            return Err(StartError::MissingScopes(missing.join(" ")));
        }
        let scopes =
            if held.contains(&"*") { vec!["*".to_owned()] } else { REQUIRED_SCOPES.map(String::from).to_vec() };

        let path = format!("/api/v1/organizations/{organization_id}/api-tokens");
        let create = async |expires_at: Option<DateTime<Utc>>| {
            let body = json!({"name": name, "scopes": scopes, "expires_at": expires_at.map(wire_time)});
            let request = deployment.http().post(deployment.url(&path)).bearer_auth(caller.expose_secret());
            send(&deployment, request.json(&body)).await.map_err(StartError::NoResponse)
        };
        let until = Utc::now() + lifetime;
        let own: Option<DateTime<Utc>> = record["expires_at"].as_str().and_then(|time| time.parse().ok());
        let mut created = create(Some(own.map_or(until, |own| own.min(until)))).await?;
        if created.status.as_u16() == 422 {
            // The deployment limits the life of tokens further.
            created = create(None).await?;
        }
        let issued: Value = match serde_json::from_slice(&created.body) {
            Ok(issued) if created.status.as_u16() == 201 => issued,
            _ => return Err(unexpected(&created)),
        };
        let expiry: Option<DateTime<Utc>> = issued["expires_at"].as_str().and_then(|time| time.parse().ok());
        let account = Self {
            run_token: token(&issued).ok_or_else(|| unexpected(&created))?,
            expires_at: expiry.ok_or_else(|| unexpected(&created))?,
            has_rate_limit: created.headers.contains_key("ratelimit-policy"),
            deployment,
            caller,
            organization_id,
            scopes,
        };
        if account.expires_at - Utc::now() < SHORTEST {
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

    pub(super) fn has_rate_limit(&self) -> bool {
        self.has_rate_limit
    }

    pub(super) fn is_unrestricted(&self) -> bool {
        self.scopes == ["*"]
    }

    pub(super) fn run_token_id(&self) -> Uuid {
        self.run_token.id
    }

    /// The path of the organization's tokens.
    pub(super) fn tokens_path(&self) -> String {
        format!("/api/v1/organizations/{}/api-tokens", self.organization_id)
    }

    /// Sends a request as the caller.
    pub(super) async fn send(&self, method: Method, path: &str) -> Result<Response, String> {
        let request = self.deployment.http().request(method, self.deployment.url(path));
        send(&self.deployment, request.bearer_auth(self.caller.expose_secret())).await
    }

    /// Creates the root token of a test, as the token of the run. Otherwise, the outcome of the test.
    pub(super) async fn root_token(&self, name: &str) -> Result<RootToken, Outcome> {
        let request = self.deployment.http().post(self.deployment.url(&self.tokens_path()));
        let request = request.bearer_auth(&self.run_token.secret).json(&json!({"name": name, "scopes": self.scopes}));
        let response = send(&self.deployment, request).await.map_err(Outcome::Failed)?;
        let now = Utc::now();
        let failed = || Outcome::Failed(format!("the token of the test cannot be created: {}", response.describe()));
        match response.status.as_u16() {
            201 => {}
            409 if is_limit_reached(&response) => return Err(Outcome::Skipped(NO_ROOM.to_owned())),
            _ => return Err(failed()),
        }
        let issued: Value = serde_json::from_slice(&response.body).map_err(|_| failed())?;
        let created_at: DateTime<Utc> =
            issued["created_at"].as_str().and_then(|time| time.parse().ok()).ok_or_else(failed)?;
        Ok(RootToken {
            token: token(&issued).ok_or_else(failed)?,
            expires_at: issued["expires_at"].as_str().and_then(|time| time.parse().ok()),
            is_unrestricted: self.is_unrestricted(),
            clock_difference: created_at - now,
        })
    }

    /// Revokes the root token of a test and its descendants. It is sent by the token itself, whose rate limit is its own.
    pub(super) async fn end_root_token(&self, root: &Token) {
        let path = format!("{}/{}?descendants=true", self.tokens_path(), root.id);
        let request = self.deployment.http().delete(self.deployment.url(&path)).bearer_auth(&root.secret);
        // The end of the run looks for tokens that are left.
        let _ = send(&self.deployment, request).await;
    }

    /// Finds the cursor of the last page of the audit log, if the log is short enough.
    pub(super) async fn end_of_events(&self) -> Option<Option<Uuid>> {
        let path = format!("/api/v1/organizations/{}/audit-events?limit=100", self.organization_id);
        let mut cursor = None;
        for _ in 0..EVENT_PAGES {
            let after = cursor.map(|cursor: Uuid| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.send(Method::GET, &format!("{path}{after}")).await.ok()?;
            let page: Value = serde_json::from_slice(&page.body).ok()?;
            // A page that is no page is the subject of a test.
            match page["next_cursor"].as_str().and_then(|next| next.parse().ok()) {
                Some(next) => cursor = Some(next),
                None => return Some(cursor),
            }
        }
        None
    }

    /// Revokes the token of the run and its descendants.
    pub(super) async fn end(&self) -> bool {
        let path = format!("{}/{}?descendants=true", self.tokens_path(), self.run_token.id);
        // A 503 in between leaves revoked what is revoked.
        for _ in 0..REPETITIONS {
            match self.send(Method::DELETE, &path).await {
                Ok(response) if response.status.as_u16() == 204 => return true,
                Ok(response) if response.status.is_server_error() => {}
                _ => return false,
            }
        }
        false
    }
}

fn is_limit_reached(response: &Response) -> bool {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    body["error"]["code"] == "limit_reached"
}

fn token(issued: &Value) -> Option<Token> {
    let id = issued["id"].as_str()?.parse().ok()?;
    Some(Token { id, secret: issued["token"].as_str()?.to_owned() })
}

/// Sends a request, and repeats it after the time that a busy server names.
async fn send(deployment: &Deployment, request: RequestBuilder) -> Result<Response, String> {
    let mut request = request.build().map_err(|error| format!("the URL is not usable: {error}"))?;
    for _ in 0..REPETITIONS {
        let Some(again) = request.try_clone() else { break };
        let (_, _, response) = deployment.execute(request).await?;
        let Some(wait) = deployment.wait(&response) else { return Ok(response) };
        tokio::time::sleep(wait).await;
        request = again;
    }
    Ok(deployment.execute(request).await?.2)
}

/// Returns whether scopes cover another one.
fn covers(held: &[&str], scope: &str) -> bool {
    held.iter().any(|held| match held.strip_suffix('*') {
        Some("") => true,
        Some(prefix) if prefix.ends_with(':') => *held == scope || scope.starts_with(prefix),
        _ => *held == scope,
    })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn scope_is_covered_by_itself_its_prefix_or_everything() {
        for held in ["*", "api-tokens:*", "api-tokens:read"] {
            assert!(covers(&[held], "api-tokens:read"), "{held}");
        }
        for held in ["api-tokens:write", "api-tokens", "audit-events:*", "api-tokens*", ""] {
            assert!(!covers(&[held], "api-tokens:read"), "{held}");
        }
        assert!(covers(&["conformance:*"], "conformance:*"));
    }
}
