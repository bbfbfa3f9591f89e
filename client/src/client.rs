//! The client, with one verb for each operation of the contract.

use uuid::Uuid;

use crate::calls::{
    Authorize, CreateToken, CurrentToken, GetToken, Introspect, ListAuditEvents, ListTokens, RevokeCurrentToken,
    RevokeToken, RotateToken, UpdateToken,
};
use crate::transport::Identity;
use crate::{ClientBuilder, PresentedToken, Result, TokenSecret, generated};

/// A client of one server with one token.
///
/// A clone is cheap and shares the connections. Create one client and keep it.
///
/// The verbs return [calls](crate::calls). A call does nothing before it is awaited; its methods set the optional arguments.
///
/// ```no_run
/// # async fn example() -> aether_client::Result<()> {
/// use aether_client::Client;
///
/// let aether = Client::new("http://127.0.0.1:8080", std::env::var("OWNER_TOKEN").unwrap_or_default())?;
/// let issued = aether.create_token("deploy pipeline").scopes(["deploy:*"]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    operations: generated::Client,
}

impl Client {
    /// Creates a client of the server at `url` that uses `token`. It does not connect yet.
    ///
    /// # Errors
    /// Fails if the URL or the token cannot be used, or if TLS cannot be configured.
    pub fn new(url: impl AsRef<str>, token: impl Into<TokenSecret>) -> Result<Self> {
        Self::builder().url(url).token(token).build()
    }

    /// The settings of a new client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Creates a client from the environment or a profile. See [`ClientBuilder::from_env`].
    ///
    /// # Errors
    /// Fails if neither of them is complete, or cannot be used.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    pub(crate) fn from_operations(operations: generated::Client) -> Self {
        Self { operations }
    }

    /// The same client with another token. It shares the connections, and reads the organization of the token again.
    ///
    /// # Errors
    /// Fails if the token has characters that cannot be sent.
    pub fn with_token(&self, token: impl Into<TokenSecret>) -> Result<Self> {
        let mut operations = self.operations.clone();
        operations.inner = operations.inner.with_token(&token.into())?;
        Ok(Self { operations })
    }

    /// The URL of the server, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.operations.baseurl
    }

    /// The generated operations, with every parameter of the contract and the headers of every response.
    ///
    /// They have the same credential, time limits, retries and errors as the verbs.
    #[must_use]
    pub fn operations(&self) -> &generated::Client {
        &self.operations
    }

    /// The id of the token's organization. The first call reads it from the server, unless it was set.
    ///
    /// # Errors
    /// Fails if it cannot be read.
    pub async fn organization(&self) -> Result<Uuid> {
        Ok(self.in_organization().await?.1)
    }

    /// The operations and the organization of one call. The requests of the call have one deadline.
    pub(crate) async fn in_organization(&self) -> Result<(generated::Client, Uuid)> {
        let mut operations = self.operations.clone();
        operations.inner = operations.inner.for_one_call();
        let org_id = organization(&operations).await?;
        Ok((operations, org_id))
    }

    /// Creates a token. Its secret, `token`, is in the response and nowhere else.
    ///
    /// Required scope: `api-tokens:write`. The caller's scopes must cover those of the token.
    pub fn create_token(&self, name: impl Into<String>) -> CreateToken {
        CreateToken::new(self, name.into())
    }

    /// Lists the tokens of the organization, in every state.
    ///
    /// Required scope: `api-tokens:read`.
    pub fn list_tokens(&self) -> ListTokens {
        ListTokens::new(self)
    }

    /// Reads a token of the organization, in any state, without its secret.
    ///
    /// Required scope: `api-tokens:read`.
    pub fn get_token(&self, token_id: Uuid) -> GetToken {
        GetToken::new(self, token_id)
    }

    /// Updates the name, the scopes or the expiry of a token. The others stay unchanged.
    ///
    /// Required scope: `api-tokens:write`.
    pub fn update_token(&self, token_id: Uuid) -> UpdateToken {
        UpdateToken::new(self, token_id)
    }

    /// Replaces a token with a successor that has a secret of its own. The predecessor stays active for the grace period.
    ///
    /// A client that rotates its own token keeps the predecessor; [`with_token`](Self::with_token) takes the successor.
    ///
    /// Required scope: `api-tokens:write`; none for a token that rotates itself.
    pub fn rotate_token(&self, token_id: Uuid) -> RotateToken {
        RotateToken::new(self, token_id)
    }

    /// Revokes a token. No use that starts after the response is accepted. A revoked token can be revoked again.
    ///
    /// Required scope: `api-tokens:write`.
    pub fn revoke_token(&self, token_id: Uuid) -> RevokeToken {
        RevokeToken::new(self, token_id)
    }

    /// Reads the caller's own token.
    pub fn current_token(&self) -> CurrentToken {
        CurrentToken::new(self)
    }

    /// Revokes the caller's own token.
    pub fn revoke_current_token(&self) -> RevokeCurrentToken {
        RevokeCurrentToken::new(self)
    }

    /// Verifies that the caller's own token covers every one of the scopes; without scopes, that it is active.
    ///
    /// The error has the status 401 if the token is not active, and 403 if it does not cover the scopes. To verify tokens
    /// that somebody else presents, use a [`Verifier`](crate::Verifier).
    pub fn authorize<S: AsRef<str>>(&self, scopes: impl IntoIterator<Item = S>) -> Authorize {
        Authorize::new(self, scopes.into_iter().map(|scope| scope.as_ref().to_owned()).collect())
    }

    /// Introspects a token that somebody presented (RFC 7662). A [`Verifier`](crate::Verifier) is easier to use.
    ///
    /// Required scope: `api-tokens:introspect`.
    pub fn introspect(&self, token: impl Into<PresentedToken>) -> Introspect {
        Introspect::new(self, token.into())
    }

    /// Lists the audit events of the organization.
    ///
    /// Required scope: `audit-events:read`.
    pub fn list_audit_events(&self) -> ListAuditEvents {
        ListAuditEvents::new(self)
    }
}

async fn organization(operations: &generated::Client) -> Result<Uuid> {
    let identity = operations.inner.identity.get_or_try_init(async || {
        let token = operations.get_current_api_token().send().await?;
        Ok::<_, crate::Error>(Identity { org_id: token.org_id, token_id: Some(token.id) })
    });
    // The call can wait for that of another task.
    let deadline = operations.inner.deadline();
    match tokio::time::timeout_at(deadline.into(), identity).await {
        Ok(identity) => Ok(identity?.org_id),
        Err(_) => Err(crate::Error::timeout("waited for the organization of the token")),
    }
}
