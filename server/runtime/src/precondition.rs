//! Conditional requests (RFC 9110, 13).
//!
//! No response has a validator, so a client cannot know one, and a condition on a validator is false. A request that changes something is
//! not made then: the client wants it for a state that the server cannot confirm. Conditions of safe requests have no effect.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, Method};

use super::operation::Operation;

/// The request was not made: 412.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PreconditionFailed;

/// Whether a condition of the request is false.
pub(crate) fn fails(operation: &Operation, headers: &HeaderMap) -> bool {
    let is_safe = operation.method.parse().is_ok_and(|method: Method| method.is_safe());
    !is_safe && (names_a_validator(headers) || requires_absence(headers))
}

/// `If-Match` with anything but `*`.
fn names_a_validator(headers: &HeaderMap) -> bool {
    headers.get_all(IF_MATCH).iter().any(|value| value.as_bytes() != b"*")
}

/// `If-None-Match: *`. The target exists: an operation on a missing one has no effect anyway.
fn requires_absence(headers: &HeaderMap) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().any(|value| value.as_bytes() == b"*")
}
