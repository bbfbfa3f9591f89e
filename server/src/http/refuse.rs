//! The one map from what went wrong to how it is answered.
//!
//! Each function is generic in the reply it makes, so that an operation can be refused only in the ways that it
//! documents: `unavailable` does not compile for an operation without a 503.

use aether_api::runtime::Problem;
use aether_api::{
    Conflict, InsufficientScope, Internal, NotFound, RateLimited, Unauthorized,
    UnauthorizedWwwAuthenticate as Challenge, Unavailable, ValidationFailed,
};
use tracing::{error, warn};

use super::explain;
use crate::limit::Level;
use crate::store::{ChangeError, StoreError};
use crate::tokens::{Denied, Violation};

/// After how many seconds a busy server may be asked again. The wait for the database's lock has passed already.
const RETRY_AFTER: i32 = 1;

/// 401. The body says the same whatever the reason; the challenge only whether a token was sent.
pub(super) fn unauthorized<R: From<Unauthorized>>(token_was_sent: bool) -> R {
    let www_authenticate = if token_was_sent { Challenge::BearerErrorInvalidToken } else { Challenge::Bearer };
    let body = explain::envelope("unauthorized", "Missing or invalid credentials.");
    Unauthorized { www_authenticate, body }.into()
}

/// 403, naming the scopes that are needed; none where the target of the request decided.
pub(super) fn insufficient_scope<R: From<InsufficientScope>>(needed: &[&str]) -> R {
    let www_authenticate = match needed {
        [] => r#"Bearer error="insufficient_scope""#.to_owned(),
        needed => format!(r#"Bearer error="insufficient_scope", scope="{}""#, needed.join(" ")),
    };
    let body = explain::envelope("insufficient_scope", "The token's scopes do not allow this.");
    InsufficientScope { www_authenticate, body }.into()
}

/// 404, the same for what is not there and for what is somebody else's.
pub(super) fn not_found<R: From<NotFound>>() -> R {
    NotFound { body: explain::envelope("not_found", "Not found.") }.into()
}

/// 409, for what the state of things does not allow.
fn conflict<R: From<Conflict>>(code: &str, message: &str, retry_after: Option<i32>) -> R {
    Conflict { retry_after, body: explain::envelope(code, message) }.into()
}

/// 409: the same request is under way.
pub(super) fn in_flight<R: From<Conflict>>() -> R {
    conflict("idempotency_conflict", "The request with this Idempotency-Key is under way.", Some(RETRY_AFTER))
}

/// 409: another request had the key.
pub(super) fn key_was_used<R: From<Conflict>>() -> R {
    conflict("idempotency_conflict", "The Idempotency-Key was used for another request.", None)
}

/// 429.
pub(super) fn rate_limited<R: From<RateLimited>>(level: Level) -> R {
    let body = explain::envelope("rate_limited", "Too many requests.");
    RateLimited { retry_after: level.retry_after(), body }.into()
}

/// 422, for what only the rules could find.
pub(super) fn invalid<R: From<ValidationFailed>>(field: &str, Violation { code, message }: Violation) -> R {
    let problem = Problem { field: field.to_owned(), code, message: message.to_owned() };
    ValidationFailed { body: explain::invalid([problem]) }.into()
}

/// 500. The whole story is for the log.
pub(super) fn internal<R: From<Internal>>(error: &impl std::error::Error) -> R {
    error!(%error, "a request failed");
    Internal { body: explain::envelope("internal", "Internal error.") }.into()
}

/// Replies that can refuse a change in every way there is.
pub(super) trait Refusable:
    From<Unauthorized>
    + From<InsufficientScope>
    + From<NotFound>
    + From<Conflict>
    + From<ValidationFailed>
    + From<Internal>
    + From<Unavailable>
{
}

impl<R> Refusable for R where
    R: From<Unauthorized>
        + From<InsufficientScope>
        + From<NotFound>
        + From<Conflict>
        + From<ValidationFailed>
        + From<Internal>
        + From<Unavailable>
{
}

/// The answer to a change that was not made.
pub(super) fn change_failure<R: Refusable>(error: &ChangeError) -> R {
    let denied = match error {
        ChangeError::Store(error) => return store_failure(error),
        ChangeError::Denied(denied) => denied,
    };
    match denied {
        Denied::CallerDead => unauthorized(true),
        Denied::Absent => not_found(),
        Denied::NotCovered => insufficient_scope(&[]),
        Denied::Revoked => conflict("conflict", "The token is revoked.", None),
        Denied::Expired => conflict("conflict", "The token is expired.", None),
        Denied::Rotated => conflict("conflict", "The token has been rotated.", None),
        Denied::LimitReached => conflict("limit_reached", "The organization has as many tokens as it may have.", None),
        Denied::Invalid(wrong) => {
            let problem = |(field, Violation { code, message }): &(String, Violation)| Problem {
                field: field.clone(),
                code,
                message: (*message).to_owned(),
            };
            ValidationFailed { body: explain::invalid(wrong.iter().map(problem)) }.into()
        }
    }
}

/// The answer to a revocation that was not made. The state of a token does not matter to it.
pub(super) fn revocation_failure<R>(error: &ChangeError) -> R
where
    R: From<Unauthorized> + From<InsufficientScope> + From<NotFound> + From<Internal> + From<Unavailable>,
{
    match error {
        ChangeError::Denied(Denied::Absent) => not_found(),
        ChangeError::Denied(Denied::NotCovered) => insufficient_scope(&[]),
        error => own_revocation_failure(error),
    }
}

/// The answer to a token that could not revoke itself: where it has died meanwhile, somebody else did.
pub(super) fn own_revocation_failure<R>(error: &ChangeError) -> R
where
    R: From<Unauthorized> + From<Internal> + From<Unavailable>,
{
    match error {
        ChangeError::Denied(Denied::CallerDead) => unauthorized(true),
        ChangeError::Store(error) => store_failure(error),
        error @ ChangeError::Denied(_) => internal(error),
    }
}

/// 503 where the database was busy for too long, else 500.
pub(super) fn store_failure<R: From<Internal> + From<Unavailable>>(error: &StoreError) -> R {
    if !matches!(error, StoreError::Busy) {
        return internal(error);
    }
    warn!("the database was busy for too long");
    let body = explain::envelope("unavailable", "Temporarily unavailable.");
    Unavailable { retry_after: RETRY_AFTER, body }.into()
}
