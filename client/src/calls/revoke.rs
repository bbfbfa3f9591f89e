//! The revocation of a token.

use uuid::Uuid;

use super::call;
use crate::{Client, Result};

/// The result of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revocation {
    /// The number of active tokens that the request revoked; 0 if there were none.
    ///
    /// It is absent if the response had no number, or was lost, and only the repeated request showed that the caller's own token
    /// is revoked.
    pub revoked: Option<u64>,
}

/// Revokes a token of the organization. See [`Client::revoke_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct RevokeToken {
    client: Client,
    token_id: Uuid,
    descendants: bool,
}

impl RevokeToken {
    pub(crate) fn new(client: &Client, token_id: Uuid) -> Self {
        Self { client: client.clone(), token_id, descendants: false }
    }

    /// Revokes the tokens that the token created, directly or through others, too.
    pub fn descendants(mut self) -> Self {
        self.descendants = true;
        self
    }

    async fn execute(self) -> Result<Revocation> {
        let (operations, org_id) = self.client.in_organization().await?;
        let mut request = operations.revoke_api_token().org_id(org_id).token_id(self.token_id);
        if self.descendants {
            request = request.descendants(true);
        }
        let revoked = request.send().await?.header("x-revoked-count").and_then(|count| count.parse().ok());
        Ok(Revocation { revoked })
    }
}

call!(RevokeToken -> Revocation);

/// Revokes the caller's own token. See [`Client::revoke_current_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct RevokeCurrentToken {
    client: Client,
}

impl RevokeCurrentToken {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    async fn execute(self) -> Result<()> {
        self.client.operations().revoke_current_api_token().send().await?;
        Ok(())
    }
}

call!(RevokeCurrentToken -> ());
