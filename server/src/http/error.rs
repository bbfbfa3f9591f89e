//! The error responses: the mapping from errors to statuses, codes and messages.
//!
//! The functions are generic in the response type, so an operation can fail only with a status that it documents: `store_error` does
//! not compile for an operation without a 503.

use aether_api::runtime::{Problem, Rejection};
use aether_api::{
    Conflict, ErrorBody, ErrorEnvelope, FieldError, InsufficientScope, Internal, NotFound, RateLimited, Unauthorized,
    UnauthorizedWwwAuthenticate as Challenge, Unavailable, ValidationFailed,
};
use tracing::{error, warn};

use crate::rate_limit::BucketState;
use crate::store::{ChangeError, StoreError};
use crate::tokens::{Denied, Violation};

/// The seconds after which a retry makes sense. The busy timeout has passed already.
const RETRY_AFTER: i32 = 1;

/// 401. The body is the same for every reason. The challenge tells only whether a token was sent.
pub(super) fn unauthorized<R: From<Unauthorized>>(token_was_sent: bool) -> R {
    let www_authenticate = if token_was_sent { Challenge::BearerErrorInvalidToken } else { Challenge::Bearer };
    Unauthorized { www_authenticate, body: envelope("unauthorized", "Missing or invalid credentials.") }.into()
}

/// 403 with the required scopes; without scopes if the target of the request decided.
pub(super) fn insufficient_scope<R: From<InsufficientScope>>(required: &[&str]) -> R {
    let www_authenticate = match required {
        [] => r#"Bearer error="insufficient_scope""#.to_owned(),
        required => format!(r#"Bearer error="insufficient_scope", scope="{}""#, required.join(" ")),
    };
    let body = envelope("insufficient_scope", "The token's scopes do not allow this.");
    InsufficientScope { www_authenticate, body }.into()
}

/// 404, the same for a missing token and for a token of another organization.
pub(super) fn not_found<R: From<NotFound>>() -> R {
    NotFound { body: envelope("not_found", "Not found.") }.into()
}

fn conflict<R: From<Conflict>>(code: &str, message: &str, retry_after: Option<i32>) -> R {
    Conflict { retry_after, body: envelope(code, message) }.into()
}

/// 409: the same request is in progress.
pub(super) fn request_in_progress<R: From<Conflict>>() -> R {
    conflict("idempotency_conflict", "The request with this Idempotency-Key is in progress.", Some(RETRY_AFTER))
}

/// 409: the key belongs to another request.
pub(super) fn key_reused<R: From<Conflict>>() -> R {
    conflict("idempotency_conflict", "The Idempotency-Key was used for another request.", None)
}

/// 429.
pub(super) fn rate_limited<R: From<RateLimited>>(bucket: BucketState) -> R {
    RateLimited { retry_after: bucket.retry_after(), body: envelope("rate_limited", "Too many requests.") }.into()
}

/// 422 for a field that violates a rule of the service.
pub(super) fn invalid_field<R: From<ValidationFailed>>(field: &str, violation: Violation) -> R {
    ValidationFailed { body: validation_failed([problem(field, violation)]) }.into()
}

/// 500. The details are logged, not sent.
pub(super) fn internal<R: From<Internal>>(error: &impl std::error::Error) -> R {
    error!(%error, "a request failed");
    Internal { body: envelope("internal", "Internal error.") }.into()
}

/// 503 if the database was busy for too long, else 500.
pub(super) fn store_error<R: From<Internal> + From<Unavailable>>(error: &StoreError) -> R {
    if !matches!(error, StoreError::Busy) {
        return internal(error);
    }
    warn!("the database was busy for too long");
    Unavailable { retry_after: RETRY_AFTER, body: envelope("unavailable", "Temporarily unavailable.") }.into()
}

/// A response type with every status that a failed change can have.
pub(super) trait FromChangeError:
    From<Unauthorized>
    + From<InsufficientScope>
    + From<NotFound>
    + From<Conflict>
    + From<ValidationFailed>
    + From<Internal>
    + From<Unavailable>
{
}

impl<R> FromChangeError for R where
    R: From<Unauthorized>
        + From<InsufficientScope>
        + From<NotFound>
        + From<Conflict>
        + From<ValidationFailed>
        + From<Internal>
        + From<Unavailable>
{
}

/// The response to a failed change.
pub(super) fn change_error<R: FromChangeError>(error: &ChangeError) -> R {
    let denied = match error {
        ChangeError::Store(error) => return store_error(error),
        ChangeError::Denied(denied) => denied,
    };
    match denied {
        Denied::CallerInactive => unauthorized(true),
        Denied::NotFound => not_found(),
        Denied::NotCovered => insufficient_scope(&[]),
        Denied::Revoked => conflict("conflict", "The token is revoked.", None),
        Denied::Expired => conflict("conflict", "The token is expired.", None),
        Denied::Rotated => conflict("conflict", "The token has been rotated.", None),
        Denied::LimitReached => {
            conflict("limit_reached", "The organization has the maximum number of active tokens.", None)
        }
        Denied::Invalid(violations) => {
            let problems = violations.iter().map(|(field, violation)| problem(field, violation.clone()));
            ValidationFailed { body: validation_failed(problems) }.into()
        }
    }
}

/// The response to a failed revocation. It does not depend on the target's state.
pub(super) fn revocation_error<R>(error: &ChangeError) -> R
where
    R: From<Unauthorized> + From<InsufficientScope> + From<NotFound> + From<Internal> + From<Unavailable>,
{
    match error {
        ChangeError::Denied(Denied::NotFound) => not_found(),
        ChangeError::Denied(Denied::NotCovered) => insufficient_scope(&[]),
        error => own_revocation_error(error),
    }
}

/// The response to a token that could not revoke itself. An inactive caller was revoked by another request.
pub(super) fn own_revocation_error<R>(error: &ChangeError) -> R
where
    R: From<Unauthorized> + From<Internal> + From<Unavailable>,
{
    match error {
        ChangeError::Denied(Denied::CallerInactive) => unauthorized(true),
        ChangeError::Store(error) => store_error(error),
        error @ ChangeError::Denied(_) => internal(error),
    }
}

/// The body of a response that the stub sends itself.
pub(super) fn rejection_body(rejection: &Rejection) -> ErrorEnvelope {
    match rejection {
        Rejection::MethodNotAllowed => envelope("method_not_allowed", "The path does not have this method."),
        Rejection::RequestTimeout => envelope("request_timeout", "The body did not arrive in time."),
        Rejection::PayloadTooLarge { limit } => {
            envelope("payload_too_large", format!("The body is larger than {limit} bytes."))
        }
        Rejection::UnsupportedMediaType { expected } => {
            envelope("unsupported_media_type", format!("The body must be {expected}."))
        }
        Rejection::Invalid(problems) => validation_failed(problems.iter().cloned()),
        Rejection::Internal => envelope("internal", "Internal error."),
    }
}

fn problem(field: &str, Violation { code, message }: Violation) -> Problem {
    Problem { field: field.to_owned(), code, message: message.to_owned() }
}

/// An error body without details.
fn envelope(code: &str, message: impl Into<String>) -> ErrorEnvelope {
    ErrorEnvelope { error: ErrorBody { code: code.into(), message: message.into(), details: None } }
}

/// The body of a 422.
fn validation_failed(problems: impl IntoIterator<Item = Problem>) -> ErrorEnvelope {
    let mut envelope = envelope("validation_failed", "Request validation failed.");
    let detail = |Problem { field, code, message }| FieldError { field, code: code.into(), message };
    envelope.error.details = Some(problems.into_iter().map(detail).collect());
    envelope
}
