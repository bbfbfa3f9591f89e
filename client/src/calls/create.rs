//! The creation of a token.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Problems, call, problems};
use crate::generated::types::ApiTokenCreate;
use crate::{Client, IssuedApiToken, Result};

/// Creates a token. See [`Client::create_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct CreateToken {
    client: Client,
    name: String,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
    idempotency_key: Option<String>,
}

impl CreateToken {
    pub(crate) fn new(client: &Client, name: String) -> Self {
        Self { client: client.clone(), name, scopes: Vec::new(), expires_at: None, idempotency_key: None }
    }

    /// Sets the scopes. Without scopes, the token can only read, rotate and revoke itself.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(|scope| scope.as_ref().to_owned()).collect();
        self
    }

    /// Sets the expiry. A `SystemTime` is accepted, too. Without one, the token expires with the caller's token, and with
    /// the server's maximum token life.
    pub fn expires_at(mut self, time: impl Into<DateTime<Utc>>) -> Self {
        self.expires_at = Some(time.into());
        self
    }

    /// Sets the expiry to a time from now, by the clock of this machine.
    pub fn expires_in(self, duration: Duration) -> Self {
        let expiry = TimeDelta::from_std(duration).ok().and_then(|duration| Utc::now().checked_add_signed(duration));
        self.expires_at(expiry.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// Sets the key by which the server recognizes a repeated request: 1 to 255 visible ASCII characters.
    ///
    /// The client makes a random key for each call. A key of the caller's own lets another process repeat the call.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    async fn execute(self) -> Result<IssuedApiToken> {
        let mut problems = Problems::default();
        let name = problems.parse("name", &self.name);
        let scopes = problems.parse_each("scopes", &self.scopes);
        let key = self.idempotency_key.map(|key| problems.parse("Idempotency-Key", &key));
        problems.check()?;
        let (name, expires_at) = (name.expect("it has no problem"), self.expires_at.map(problems::rfc3339));
        let body = ApiTokenCreate { name, scopes: Some(scopes), expires_at };
        let (operations, org_id) = self.client.in_organization().await?;
        let mut request = operations.create_api_token().org_id(org_id).body(body);
        if let Some(key) = key.flatten() {
            let key: crate::generated::types::CreateApiTokenIdempotencyKey = key;
            request = request.idempotency_key(key);
        }
        Ok(request.send().await?.into_inner())
    }
}

call!(CreateToken -> IssuedApiToken);
