//! Authorization and introspection.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Problems, call};
use crate::generated::types::{ApiTokenCreateScopesItem as Scope, IntrospectionForm};
use crate::support::ResponseValue;
use crate::transport::Response;
use crate::{Client, Error, Introspection, PresentedToken, Result};

/// The token of an authorized request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorization {
    /// The organization that the token belongs to.
    pub org_id: Uuid,
    /// The id of the token.
    pub token_id: Uuid,
    /// The scopes of the token.
    pub scopes: Vec<String>,
    /// The expiry, if the token has one.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Verifies that the caller's own token covers scopes. See [`Client::authorize`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct Authorize {
    client: Client,
    scopes: Vec<String>,
}

impl Authorize {
    pub(crate) fn new(client: &Client, scopes: Vec<String>) -> Self {
        Self { client: client.clone(), scopes }
    }

    async fn execute(self) -> Result<Authorization> {
        // An empty text and a text with a space are not the scopes that they seem to be.
        let mut problems = Problems::default();
        problems.parse_each::<Scope>("scope", &self.scopes);
        problems.check()?;
        let request = self.client.operations().authorize_request();
        let request = if self.scopes.is_empty() { request } else { request.scope(self.scopes.join(" ")) };
        let response = request.send().await?;
        let header = |name| response.header(name);
        let id = |name| header(name).and_then(|id| id.parse().ok()).ok_or_else(|| missing_header(&response, name));
        Ok(Authorization {
            org_id: id("x-auth-org-id")?,
            token_id: id("x-auth-token-id")?,
            scopes: header("x-auth-scopes").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            expires_at: header("x-auth-expires-at").and_then(|time| time.parse().ok()),
        })
    }
}

call!(Authorize -> Authorization);

fn missing_header(response: &ResponseValue<()>, name: &str) -> Error {
    let response = Response::new(response.status(), response.headers().clone(), Vec::new());
    Error::unexpected(&response, &format!("no valid header {name}"))
}

/// Introspects a token. See [`Client::introspect`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct Introspect {
    client: Client,
    token: PresentedToken,
}

impl Introspect {
    pub(crate) fn new(client: &Client, token: PresentedToken) -> Self {
        Self { client: client.clone(), token }
    }

    async fn execute(self) -> Result<Introspection> {
        let form = IntrospectionForm { token: self.token, token_type_hint: None };
        Ok(self.client.operations().introspect_api_token().body(form).send().await?.into_inner())
    }
}

call!(Introspect -> Introspection);
