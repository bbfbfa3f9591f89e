//! Requests of a run outside its tests. Nothing here panics: a run that has begun has to end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{Deployment, Response};

/// The time for which a request that a busy server rejects is repeated.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pause before a request is repeated that was lost, or whose response names no time.
const PAUSE: Duration = Duration::from_secs(1);

/// A token that sends requests.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    deployment: Arc<Deployment>,
    secret: SecretString,
}

impl Caller {
    pub(super) fn new(deployment: Arc<Deployment>, secret: SecretString) -> Self {
        Self { deployment, secret }
    }

    /// Another token on the same deployment.
    pub(super) fn with_secret(&self, secret: &str) -> Self {
        Self { deployment: Arc::clone(&self.deployment), secret: secret.into() }
    }

    pub(super) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Sends a request without a body.
    pub(super) async fn send(&self, method: Method, path: &str) -> Result<Response, String> {
        self.execute(|request| request, method, path).await
    }

    /// Sends a POST with a JSON body.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Response, String> {
        self.execute(|request| request.json(body), Method::POST, path).await
    }

    /// Sends a request. If the server is busy or limits the caller, the request is repeated; nothing was done then.
    async fn execute(
        &self,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
        method: Method,
        path: &str,
    ) -> Result<Response, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let request = self.deployment.http().request(method.clone(), self.deployment.url(path));
            let request = complete(request.bearer_auth(self.secret.expose_secret())).build();
            let request = request.map_err(|error| format!("the URL is not usable: {error}"))?;
            let (_, _, response) = self.deployment.execute(request).await?;
            match self.deployment.wait(&response) {
                Some(wait) if Instant::now() + wait < deadline => tokio::time::sleep(wait).await,
                _ => return Ok(response),
            }
        }
    }

    /// Revokes a token and its descendants. A revocation can be repeated, so it is, if it is lost or not completed.
    pub(super) async fn revoke(&self, tokens_path: &str, id: uuid::Uuid) -> bool {
        let path = format!("{tokens_path}/{id}?descendants=true");
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.send(Method::DELETE, &path).await {
                Ok(response) if response.status.as_u16() == 204 => return true,
                Ok(response) if !response.status.is_server_error() => return false,
                _ if Instant::now() > deadline => return false,
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
