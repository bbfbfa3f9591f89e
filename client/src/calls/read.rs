//! The metadata of one token.

use uuid::Uuid;

use super::call;
use crate::{ApiToken, Client, Result};

/// Reads a token of the organization. See [`Client::get_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct GetToken {
    client: Client,
    token_id: Uuid,
}

impl GetToken {
    pub(crate) fn new(client: &Client, token_id: Uuid) -> Self {
        Self { client: client.clone(), token_id }
    }

    async fn execute(self) -> Result<ApiToken> {
        let (operations, org_id) = self.client.in_organization().await?;
        let request = operations.get_api_token().org_id(org_id).token_id(self.token_id);
        Ok(request.send().await?.into_inner())
    }
}

call!(GetToken -> ApiToken);

/// Reads the caller's own token. See [`Client::current_token`].
#[derive(Debug, Clone)]
#[must_use = "a call does nothing before it is awaited"]
pub struct CurrentToken {
    client: Client,
}

impl CurrentToken {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    async fn execute(self) -> Result<ApiToken> {
        Ok(self.client.operations().get_current_api_token().send().await?.into_inner())
    }
}

call!(CurrentToken -> ApiToken);
