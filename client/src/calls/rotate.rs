//! The rotation of a token.

use std::time::Duration;

use uuid::Uuid;

use super::{Problems, call};
use crate::generated::types::{RotateApiTokenIdempotencyKey, TokenRotation};
use crate::{Client, IssuedApiToken, Result};

/// The maximum grace period of the contract in seconds.
const MAX_GRACE: i32 = 604_800;

/// Rotates a token. See [`Client::rotate_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct RotateToken {
    client: Client,
    token_id: Uuid,
    grace: Option<Duration>,
    idempotency_key: Option<String>,
}

impl RotateToken {
    pub(crate) fn new(client: &Client, token_id: Uuid) -> Self {
        Self { client: client.clone(), token_id, grace: None, idempotency_key: None }
    }

    /// Sets the time for which the predecessor stays active, up to 7 days. It is rounded up to whole seconds.
    ///
    /// The default is zero. For a token that rotates itself it is 5 minutes, and the minimum is 1 minute.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
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
        let key = self.idempotency_key.map(|key| problems.parse("Idempotency-Key", &key));
        let grace = self.grace.map(seconds);
        if grace.is_some_and(|grace| grace > MAX_GRACE) {
            problems.add("grace_seconds", format!("greater than {MAX_GRACE}, which is 7 days"));
        }
        problems.check()?;
        let body = TokenRotation { grace_seconds: grace };
        let (operations, org_id) = self.client.in_organization().await?;
        let mut request = operations.rotate_api_token().org_id(org_id).token_id(self.token_id).body(body);
        if let Some(key) = key.flatten() {
            let key: RotateApiTokenIdempotencyKey = key;
            request = request.idempotency_key(key);
        }
        Ok(request.send().await?.into_inner())
    }
}

/// The whole seconds of a duration, rounded up.
fn seconds(duration: Duration) -> i32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

call!(RotateToken -> IssuedApiToken);
