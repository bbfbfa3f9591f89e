//! The verification of tokens that a service receives.
//!
//! A [`Verifier`] asks Aether about each token with the service's own token, which needs the scope `api-tokens:introspect`
//! and no other. See [the guide](crate::guide::verifying).

#[cfg(feature = "axum")]
mod axum;
#[cfg(any(feature = "axum", feature = "tower"))]
mod bearer;
mod cache;
mod form;
mod lookups;
#[cfg(feature = "tower")]
mod tower;
mod verdict;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;

use crate::{Client, Error, PresentedToken, Result};
use cache::Cache;
use form::TokenDigest;
use lookups::Lookups;

#[cfg(any(feature = "axum", feature = "tower"))]
pub use bearer::Rejection;
#[cfg(feature = "tower")]
pub use tower::{VerifierLayer, VerifierService};
pub use verdict::{InsufficientScope, Verdict, VerifiedToken};

/// Verifies tokens for a service. A clone is cheap and shares the look-ups.
///
/// ```no_run
/// use aether_client::verifier::Verdict;
/// use aether_client::{Client, Result, Verifier};
///
/// async fn may_deploy(verifier: &Verifier, presented: &str) -> Result<bool> {
///     Ok(match verifier.verify(presented).await? {
///         Verdict::Active(token) => token.covers("deployments:write"),
///         Verdict::Inactive => false,
///     })
/// }
/// ```
///
/// - A text that is not a token is rejected without a request: the form and the checksum are verified locally.
/// - Each verdict comes from a look-up that began after the call of [`verify`](Self::verify), so a revocation holds as soon
///   as it was acknowledged. Calls for the same token that wait at the same time share one look-up.
/// - An error is no verdict. Reject the request: Aether may be unreachable, and the token unknown.
#[derive(Clone)]
pub struct Verifier {
    client: Client,
    lookups: Arc<Lookups>,
    cache: Option<Arc<Cache>>,
}

impl Verifier {
    /// A verifier that uses the service's own client. It keeps no verdict.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, lookups: Arc::default(), cache: None }
    }

    /// Keeps verdicts in memory, which **delays a revocation by up to `max_delay`**: so long after the look-up, a revoked token
    /// can still be accepted. An expiry is not delayed, except by the difference of the two machines' clocks.
    ///
    /// At most `max_tokens` verdicts are kept. Tokens in use replace tokens that were used once.
    #[must_use]
    pub fn with_revocation_delay(mut self, max_delay: Duration, max_tokens: usize) -> Self {
        self.cache = Some(Arc::new(Cache::new(max_delay, max_tokens)));
        self
    }

    /// Verifies a presented token.
    ///
    /// # Errors
    /// Fails if Aether cannot be asked. The token is then not verified, and the request must be rejected.
    pub async fn verify(&self, presented: impl Into<PresentedToken>) -> Result<Verdict> {
        let presented = presented.into();
        let Some(digest) = TokenDigest::of(presented.expose_secret()) else { return Ok(Verdict::Inactive) };
        if let Some(verdict) = self.cache.as_ref().and_then(|cache| cache.get(&digest)) {
            return Ok(verdict);
        }
        let began = Instant::now();
        // The call can wait for a look-up that began before it.
        let deadline = self.client.operations().inner.deadline();
        let verdict = tokio::time::timeout_at(deadline.into(), self.lookups.run(digest, || self.look_up(presented)));
        let verdict = verdict.await.unwrap_or_else(|_| Err(Error::timeout("waited for the look-up of the token")))?;
        if let Some(cache) = &self.cache {
            cache.insert(digest, verdict.clone(), began);
        }
        Ok(verdict)
    }

    async fn look_up(&self, presented: PresentedToken) -> Result<Verdict> {
        Verdict::of(self.client.introspect(presented).await?)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("client", &self.client).finish_non_exhaustive()
    }
}
