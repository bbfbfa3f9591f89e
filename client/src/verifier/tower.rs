//! A layer that verifies the bearer token of every request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::bearer::{self, Rejection};
use super::{VerifiedToken, Verifier};

/// A [`Layer`] that verifies the bearer token of every request.
///
/// An accepted request has its [`VerifiedToken`] as an extension. A rejected request does not reach the service: the response
/// has no body, and the status 401, 403, or, if Aether cannot be asked, 503.
#[derive(Debug, Clone)]
pub struct VerifierLayer {
    verifier: Verifier,
    scopes: Arc<[String]>,
}

impl VerifierLayer {
    /// A layer that accepts every active token.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, scopes: Arc::new([]) }
    }

    /// Requires that the token covers this scope, too.
    #[must_use]
    pub fn require(self, scope: impl Into<String>) -> Self {
        let scopes = self.scopes.iter().cloned().chain([scope.into()]).collect();
        Self { scopes, ..self }
    }
}

impl<S> Layer<S> for VerifierLayer {
    type Service = VerifierService<S>;

    fn layer(&self, inner: S) -> VerifierService<S> {
        VerifierService { inner, layer: self.clone() }
    }
}

/// The service of a [`VerifierLayer`].
#[derive(Debug, Clone)]
pub struct VerifierService<S> {
    inner: S,
    layer: VerifierLayer,
}

impl<S, B, R> Service<Request<B>> for VerifierService<S>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send> + Clone + Send + 'static,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that is ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        Box::pin(async move {
            let headers = request.headers().clone();
            match layer.verify(&headers).await {
                Ok(token) => {
                    request.extensions_mut().insert(token);
                    inner.call(request).await
                }
                Err(rejection) => Ok(rejection.response()),
            }
        })
    }
}

impl VerifierLayer {
    async fn verify(&self, headers: &http::HeaderMap) -> Result<VerifiedToken, Rejection> {
        let token = bearer::verify(&self.verifier, headers).await?;
        self.scopes.iter().try_for_each(|scope| token.require(scope)).map_err(Rejection::InsufficientScope)?;
        Ok(token)
    }
}
