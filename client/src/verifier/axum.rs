//! Verified tokens as an extractor.

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::bearer::{self, Rejection};
use super::{InsufficientScope, VerifiedToken, Verifier};

/// Verifies the bearer token of the request with the [`Verifier`] of the state.
///
/// A token that a [`VerifierLayer`](super::VerifierLayer) has verified is not verified again.
impl<S> FromRequestParts<S> for VerifiedToken
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        if let Some(token) = parts.extensions.get::<Self>() {
            return Ok(token.clone());
        }
        let token = bearer::verify(&Verifier::from_ref(state), &parts.headers).await?;
        parts.extensions.insert(token.clone());
        Ok(token)
    }
}

/// `None` is a request without a credential. Any other request that has no active token is rejected.
impl<S> OptionalFromRequestParts<S> for VerifiedToken
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        if !parts.headers.contains_key(AUTHORIZATION) && parts.extensions.get::<Self>().is_none() {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

/// A response without a body.
impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.response()
    }
}

/// A response with the status 403 and without a body.
impl IntoResponse for InsufficientScope {
    fn into_response(self) -> Response {
        Rejection::InsufficientScope(self).into_response()
    }
}
