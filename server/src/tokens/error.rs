//! Violations of rules, and the reasons to deny a change.

/// A violation of a rule by a value of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable, machine-readable code.
    pub code: &'static str,
    /// A sentence for people.
    pub message: &'static str,
}

/// The reason to deny a change, decided on the current rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The caller was revoked or expired after it was authenticated.
    CallerInactive,
    /// The organization does not have the token.
    NotFound,
    /// The caller's scopes do not cover the target's, or the caller expires before it.
    NotCovered,
    /// The target is revoked.
    Revoked,
    /// The target has expired.
    Expired,
    /// The target already has a successor.
    Rotated,
    /// The organization has the maximum number of active tokens.
    LimitReached,
    /// Fields exceed the target's own values. Each has its violation.
    Invalid(Vec<(String, Violation)>),
}
