//! The error responses: the mapping from errors to statuses, codes and messages.
//!
//! The functions are generic in the response type, so an operation can fail only with a status that it documents: `store_error` does
//! not compile for an operation without a 503.

use std::collections::BTreeSet;

use aether_api::runtime::{Problem, Rejection, code};
use aether_api::{
    CreateApiTokenResponse, CreateConflict, ErrorBody, ErrorBodyCode as Code, ErrorEnvelope, FieldError,
    FieldErrorCode, InsufficientScope, Internal, NotFound, RateLimited, RotateApiTokenResponse, RotateConflict,
    Unauthorized, UnauthorizedWwwAuthenticate as Challenge, Unavailable, UpdateApiTokenResponse, UpdateConflict,
    ValidationFailed,
};
use tracing::{error, warn};

use crate::rate_limit::BucketState;
use crate::store::{ChangeError, StoreError};
use crate::tokens::{Denied, Violation, ViolationCode};

/// The seconds after which a retry makes sense. The busy timeout has passed already.
const RETRY_AFTER: i32 = 1;

/// 401. The body is the same for every reason. The challenge tells only whether a token was sent.
pub(super) fn unauthorized<R: From<Unauthorized>>(token_was_sent: bool) -> R {
    let www_authenticate = if token_was_sent { Challenge::BearerErrorInvalidToken } else { Challenge::Bearer };
    Unauthorized { www_authenticate, body: envelope(Code::Unauthorized) }.into()
}

/// 403 with the required scopes; without scopes if the target or the query decided.
pub(super) fn insufficient_scope<R: From<InsufficientScope>>(required: &[&str]) -> R {
    let www_authenticate = match required {
        [] => r#"Bearer error="insufficient_scope""#.to_owned(),
        required => format!(r#"Bearer error="insufficient_scope", scope="{}""#, required.join(" ")),
    };
    InsufficientScope { www_authenticate, body: envelope(Code::InsufficientScope) }.into()
}

/// 403 for an invalid request of a gateway, which handles no other status than 401 and 403. `details` names the parameters.
pub(super) fn invalid_authorization<R: From<InsufficientScope>>(problems: &[Problem]) -> R {
    // The names of undocumented parameters are the client's, and are not logged.
    let is_documented = |problem: &&Problem| problem.code != code::UNKNOWN_FIELD;
    let parameters: BTreeSet<_> = problems.iter().filter(is_documented).map(|problem| &*problem.field).collect();
    let codes: BTreeSet<_> = problems.iter().map(|problem| problem.code).collect();
    warn!(?codes, ?parameters, "a gateway sent an invalid query; its configuration is wrong");
    let InsufficientScope { www_authenticate, .. } = insufficient_scope(&[]);
    let mut body = with_message(Code::InsufficientScope, "The query of the authorization is invalid.");
    body.error.details = Some(details(problems));
    InsufficientScope { www_authenticate, body }.into()
}

/// 404, the same for a missing token and for a token of another organization.
pub(super) fn not_found<R: From<NotFound>>() -> R {
    NotFound { body: envelope(Code::NotFound) }.into()
}

/// A response type with a 409.
pub(super) trait Conflict {
    /// 409. The code tells which conflict.
    fn conflict(code: Code) -> Self;
}

impl Conflict for CreateApiTokenResponse {
    fn conflict(code: Code) -> Self {
        CreateConflict { retry_after: retry_after(code), body: envelope(code) }.into()
    }
}

impl Conflict for UpdateApiTokenResponse {
    fn conflict(code: Code) -> Self {
        UpdateConflict { body: envelope(code) }.into()
    }
}

impl Conflict for RotateApiTokenResponse {
    fn conflict(code: Code) -> Self {
        RotateConflict { retry_after: retry_after(code), body: envelope(code) }.into()
    }
}

/// A request in progress is the only conflict that ends by itself.
fn retry_after(code: Code) -> Option<i32> {
    (code == Code::IdempotencyInProgress).then_some(RETRY_AFTER)
}

/// 429.
pub(super) fn rate_limited<R: From<RateLimited>>(bucket: BucketState) -> R {
    RateLimited { retry_after: bucket.retry_after(), body: envelope(Code::RateLimited) }.into()
}

/// 422 for fields that violate rules of the service.
pub(super) fn invalid_fields<R: From<ValidationFailed>>(fields: &[(String, Violation)]) -> R {
    ValidationFailed { body: validation_failed(fields.iter().map(field_error).collect()) }.into()
}

/// 500. The details are logged, not sent.
pub(super) fn internal<R: From<Internal>>(error: &impl std::error::Error) -> R {
    error!(%error, "a request failed");
    Internal { body: envelope(Code::Internal) }.into()
}

/// 503 if the database was busy for too long, or the disk or a file failed in a way that can pass; else 500.
pub(super) fn store_error<R: From<Internal> + From<Unavailable>>(error: &StoreError) -> R {
    if !error.is_temporary() {
        return internal(error);
    }
    warn!(%error, "a request failed for now");
    Unavailable { retry_after: RETRY_AFTER, body: envelope(Code::Unavailable) }.into()
}

/// A response type with every status that a failed change can have.
pub(super) trait FromChangeError:
    From<Unauthorized>
    + From<InsufficientScope>
    + From<NotFound>
    + Conflict
    + From<ValidationFailed>
    + From<Internal>
    + From<Unavailable>
{
}

impl<R> FromChangeError for R where
    R: From<Unauthorized>
        + From<InsufficientScope>
        + From<NotFound>
        + Conflict
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
        Denied::MissingScopes(required) => insufficient_scope(required),
        Denied::NotCovered => insufficient_scope(&[]),
        Denied::Revoked => R::conflict(Code::TokenRevoked),
        Denied::Rotated => R::conflict(Code::TokenRotated),
        Denied::Expired => R::conflict(Code::TokenExpired),
        Denied::LimitReached => R::conflict(Code::LimitReached),
        Denied::Invalid(violations) => invalid_fields(violations),
    }
}

/// The response to a failed revocation. It does not depend on the target's state.
pub(super) fn revocation_error<R>(error: &ChangeError) -> R
where
    R: From<Unauthorized> + From<InsufficientScope> + From<NotFound> + From<Internal> + From<Unavailable>,
{
    match error {
        ChangeError::Denied(Denied::NotFound) => not_found(),
        ChangeError::Denied(Denied::MissingScopes(required)) => insufficient_scope(required),
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
        Rejection::NotFound => envelope(Code::NotFound),
        Rejection::MethodNotAllowed => envelope(Code::MethodNotAllowed),
        Rejection::RequestTimeout => envelope(Code::RequestTimeout),
        Rejection::PayloadTooLarge { limit } => {
            with_message(Code::PayloadTooLarge, format!("The body is larger than {limit} bytes."))
        }
        Rejection::UnsupportedMediaType { expected } => {
            with_message(Code::UnsupportedMediaType, format!("The body must be {expected}."))
        }
        Rejection::Invalid(problems) => validation_failed(details(problems)),
        Rejection::Internal => envelope(Code::Internal),
    }
}

/// The code of a violation in the contract.
pub(super) fn field_code(code: ViolationCode) -> FieldErrorCode {
    match code {
        ViolationCode::InvalidFormat => FieldErrorCode::InvalidFormat,
        ViolationCode::InPast => FieldErrorCode::InPast,
        ViolationCode::OutOfRange => FieldErrorCode::OutOfRange,
        ViolationCode::ExceedsGrant => FieldErrorCode::ExceedsGrant,
    }
}

fn field_error((field, Violation { code, message }): &(String, Violation)) -> FieldError {
    FieldError { field: field.clone(), code: field_code(*code), message: (*message).to_owned() }
}

/// The problems that the stub found. Its codes are those of the contract.
fn details(problems: &[Problem]) -> Vec<FieldError> {
    let listed = |code| FieldErrorCode::ALL.iter().find(|listed| listed.as_str() == code).copied();
    let detail = |problem: &Problem| FieldError {
        field: problem.field.clone(),
        code: listed(problem.code).expect("the contract lists every code of the stub"),
        message: problem.message.clone(),
    };
    problems.iter().map(detail).collect()
}

/// An error body without details.
fn envelope(code: Code) -> ErrorEnvelope {
    with_message(code, message(code))
}

fn with_message(code: Code, message: impl Into<String>) -> ErrorEnvelope {
    ErrorEnvelope { error: ErrorBody { code, message: message.into(), details: None } }
}

/// The message of a code. A code that is added to the contract does not compile before it has one.
const fn message(code: Code) -> &'static str {
    match code {
        Code::Unauthorized => "Missing or invalid credentials.",
        Code::InsufficientScope => "The token does not allow this.",
        Code::NotFound => "Not found.",
        Code::MethodNotAllowed => "The path does not have this method.",
        Code::RequestTimeout => "The body did not arrive in time.",
        Code::TokenRevoked => "The token is revoked.",
        Code::TokenRotated => "The token has been rotated.",
        Code::TokenExpired => "The token is expired.",
        Code::LimitReached => "The organization has the maximum number of active tokens.",
        Code::IdempotencyKeyReused => "The Idempotency-Key was used for another request.",
        Code::IdempotencyInProgress => "The request with this Idempotency-Key is in progress.",
        Code::PayloadTooLarge => "The body is too large.",
        Code::UnsupportedMediaType => "The operation does not support the media type.",
        Code::ValidationFailed => "Request validation failed.",
        Code::RateLimited => "Too many requests.",
        Code::Internal => "Internal error.",
        Code::Unavailable => "Temporarily unavailable.",
    }
}

/// The body of a 422.
fn validation_failed(details: Vec<FieldError>) -> ErrorEnvelope {
    let mut envelope = envelope(Code::ValidationFailed);
    envelope.error.details = Some(details);
    envelope
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_lists_exactly_the_codes_of_the_stub_and_the_service() {
        let own = [
            ViolationCode::InvalidFormat,
            ViolationCode::InPast,
            ViolationCode::OutOfRange,
            ViolationCode::ExceedsGrant,
        ];
        let mut answered: Vec<_> =
            own.map(|code| field_code(code).as_str()).into_iter().chain(code::ALL.iter().copied()).collect();
        let mut listed: Vec<_> = FieldErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        answered.sort_unstable();
        answered.dedup();
        listed.sort_unstable();
        assert_eq!(answered, listed);
    }
}
