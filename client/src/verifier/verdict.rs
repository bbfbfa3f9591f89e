//! The result of a verification.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Error, Introspection, covers};

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The token is active, and belongs to the service's own organization.
    Active(VerifiedToken),
    /// Any other text: an unknown, revoked or expired token, or one of another organization. Respond with 401.
    Inactive,
}

/// An active token of the service's own organization.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedToken {
    /// The id of the token.
    pub id: Uuid,
    /// The organization that the token belongs to.
    pub org_id: Uuid,
    /// The scopes of the token.
    pub scopes: Vec<String>,
    /// The expiry, if the token has one.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of creation.
    pub created_at: Option<DateTime<Utc>>,
}

impl Verdict {
    /// The verdict of an introspection.
    ///
    /// # Errors
    /// Fails if an active token lacks its ids, or has a time that is out of range: the response is not one of Aether.
    pub(super) fn of(introspection: Introspection) -> Result<Self, Error> {
        let Introspection { active, sub, org_id, scope, exp, iat, .. } = introspection;
        if !active {
            return Ok(Self::Inactive);
        }
        let invalid = || Error::unexpected_body("an introspection that is not one of Aether");
        let time = |seconds: Option<i64>| {
            seconds.map(|seconds| DateTime::from_timestamp(seconds, 0).ok_or_else(invalid)).transpose()
        };
        Ok(Self::Active(VerifiedToken {
            id: sub.ok_or_else(invalid)?,
            org_id: org_id.ok_or_else(invalid)?,
            scopes: scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            expires_at: time(exp)?,
            created_at: time(iat)?,
        }))
    }

    /// The token, if it is active.
    #[must_use]
    pub fn active(self) -> Option<VerifiedToken> {
        match self {
            Self::Active(token) => Some(token),
            Self::Inactive => None,
        }
    }
}

impl VerifiedToken {
    /// Whether the token covers a scope.
    #[must_use]
    pub fn covers(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| covers(granted, scope))
    }

    /// Requires that the token covers a scope.
    ///
    /// # Errors
    /// Fails if it does not. With the feature `axum`, the error is a response with the status 403.
    pub fn require(&self, scope: &str) -> Result<(), InsufficientScope> {
        if self.covers(scope) { Ok(()) } else { Err(InsufficientScope { scope: scope.to_owned() }) }
    }
}

/// The error of an active token that does not cover a scope. Respond with 403.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsufficientScope {
    /// The scope that is missing.
    pub scope: String,
}

impl fmt::Display for InsufficientScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token does not cover the scope {}", self.scope)
    }
}

impl std::error::Error for InsufficientScope {}
