//! The update of a token.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Problems, call, problems};
use crate::generated::types::ApiTokenUpdate;
use crate::{ApiToken, Client, Result};

/// Updates a token. See [`Client::update_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct UpdateToken {
    client: Client,
    token_id: Uuid,
    name: Option<String>,
    scopes: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
}

impl UpdateToken {
    pub(crate) fn new(client: &Client, token_id: Uuid) -> Self {
        Self { client: client.clone(), token_id, name: None, scopes: None, expires_at: None }
    }

    /// Sets the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the scopes, which can only be narrowed.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(|scope| scope.as_ref().to_owned()).collect());
        self
    }

    /// Removes all scopes.
    pub fn no_scopes(self) -> Self {
        self.scopes([""; 0])
    }

    /// Sets the expiry, which can only become earlier. A `SystemTime` is accepted, too.
    pub fn expires_at(mut self, time: impl Into<DateTime<Utc>>) -> Self {
        self.expires_at = Some(time.into());
        self
    }

    async fn execute(self) -> Result<ApiToken> {
        let mut problems = Problems::default();
        let name = self.name.map(|name| problems.parse("name", &name));
        let scopes = self.scopes.map(|scopes| problems.parse_each("scopes", &scopes));
        problems.check()?;
        let body = ApiTokenUpdate { name: name.flatten(), scopes, expires_at: self.expires_at.map(problems::rfc3339) };
        let (operations, org_id) = self.client.in_organization().await?;
        let request = operations.update_api_token().org_id(org_id).token_id(self.token_id).body(body);
        Ok(request.send().await?.into_inner())
    }
}

call!(UpdateToken -> ApiToken);
