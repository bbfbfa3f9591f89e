//! Why a token is not made or changed, as it is found out when everything is known.

use super::Violation;

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The token that asks has died since it was accepted.
    CallerDead,
    /// The organization has no such token.
    Absent,
    /// The caller's scopes do not cover the target's, or it does not live long enough.
    NotCovered,
    /// The target is revoked.
    Revoked,
    /// The target is expired.
    Expired,
    /// The target has a successor already.
    Rotated,
    /// The organization has as many tokens as it may have.
    LimitReached,
    /// What is asked for would give more than there is: each field, and what is wrong with it.
    Invalid(Vec<(String, Violation)>),
}
