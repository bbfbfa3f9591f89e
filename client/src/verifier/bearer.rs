//! The bearer token of an HTTP request (RFC 6750).

use std::fmt;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::{InsufficientScope, Verdict, VerifiedToken, Verifier};
use crate::{Error, PresentedToken};

/// The reason why a request is rejected.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// 401: the request has no bearer token.
    MissingToken,
    /// 401: the token is not active.
    InvalidToken,
    /// 403: the token is active, but does not cover a scope.
    InsufficientScope(InsufficientScope),
    /// 503: Aether cannot be asked, so the token is not verified.
    Unavailable(Error),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingToken => f.write_str("the request has no bearer token"),
            Self::InvalidToken => f.write_str("the token is not active"),
            Self::InsufficientScope(error) => error.fmt(f),
            Self::Unavailable(error) => write!(f, "the token cannot be verified: {error}"),
        }
    }
}

impl std::error::Error for Rejection {}

impl Rejection {
    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        match self {
            Self::MissingToken | Self::InvalidToken => http::StatusCode::UNAUTHORIZED,
            Self::InsufficientScope(_) => http::StatusCode::FORBIDDEN,
            Self::Unavailable(_) => http::StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `WWW-Authenticate` of the response.
    #[must_use]
    pub fn challenge(&self) -> Option<HeaderValue> {
        match self {
            Self::MissingToken => Some(HeaderValue::from_static("Bearer")),
            Self::InvalidToken => Some(HeaderValue::from_static("Bearer error=\"invalid_token\"")),
            Self::InsufficientScope(InsufficientScope { scope }) => {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
                Some(challenge.try_into().unwrap_or(HeaderValue::from_static("Bearer error=\"insufficient_scope\"")))
            }
            Self::Unavailable(_) => None,
        }
    }

    /// A response without a body.
    pub(super) fn response<B: Default>(&self) -> http::Response<B> {
        let mut response = http::Response::new(B::default());
        *response.status_mut() = self.status();
        response.headers_mut().extend(self.challenge().map(|value| (http::header::WWW_AUTHENTICATE, value)));
        response
    }
}

/// Verifies the bearer token of a request.
pub(super) async fn verify(verifier: &Verifier, headers: &HeaderMap) -> Result<VerifiedToken, Rejection> {
    let token = token(headers).ok_or(Rejection::MissingToken)?;
    match verifier.verify(token).await {
        Ok(Verdict::Active(token)) => Ok(token),
        Ok(Verdict::Inactive) => Err(Rejection::InvalidToken),
        Err(error) => {
            // The response does not tell the client of the service.
            tracing::warn!(%error, "a token cannot be verified");
            Err(Rejection::Unavailable(error))
        }
    }
}

/// The bearer token. It is absent if there is more than one credential, because the service could use another one.
fn token(headers: &HeaderMap) -> Option<PresentedToken> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_matches(' ').into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn exactly_one_bearer_token_is_read() {
        let read = |values: &[&str]| {
            let headers = values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect();
            token(&headers).map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(read(&["Bearer a"]).as_deref(), Some("a"));
        assert_eq!(read(&["bearer  a "]).as_deref(), Some("a"));
        for values in [&[][..], &["Basic a"], &["Bearer"], &["a"], &["Bearer a", "Bearer a"]] {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
