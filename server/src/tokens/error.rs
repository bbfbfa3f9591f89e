//! Violations of rules, and the reasons to deny a change.

/// A violation of a rule by a value of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The kind of violation.
    pub code: ViolationCode,
    /// A sentence for people.
    pub message: &'static str,
}

/// The kind of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViolationCode {
    /// The value has another format.
    InvalidFormat,
    /// The time is not in the future.
    InPast,
    /// The value is outside the allowed range.
    OutOfRange,
    /// The value exceeds the scopes or the expiry of another token.
    ExceedsGrant,
}

/// The reason to deny a change, decided on the current rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The caller was revoked or expired after it was authenticated.
    CallerInactive,
    /// The caller no longer has these scopes, which the operation requires.
    MissingScopes(&'static [&'static str]),
    /// The organization does not have the token.
    NotFound,
    /// The caller's scopes do not cover the target's, or the caller expires before it.
    NotCovered,
    /// The target is revoked.
    Revoked,
    /// The target has expired.
    Expired,
    /// The target has a successor, and is not in its grace period if the change is allowed in it.
    Rotated,
    /// The organization has the maximum number of tokens that count toward its limit.
    LimitReached,
    /// Fields of the request are invalid at the time of the change: they exceed a token's own values or a limit, or have
    /// passed. Each has its violation.
    Invalid(Vec<(String, Violation)>),
}
