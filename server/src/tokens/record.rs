//! Token records: everything about a token except its secret.

use rand::TryRng;
use uuid::Uuid;

use super::{HashedToken, PlainToken, Scopes};
use crate::timestamp::Timestamp;

/// A stored token.
#[derive(Debug, Clone)]
pub struct TokenRecord {
    /// The id.
    pub id: Uuid,
    /// The organization.
    pub organization_id: Uuid,
    /// The name.
    pub name: String,
    /// The public prefix of the secret.
    pub prefix: String,
    /// The scopes.
    pub scopes: Scopes,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The expiry.
    pub expires_at: Option<Timestamp>,
    /// The time of the revocation.
    pub revoked_at: Option<Timestamp>,
    /// The time of the last recorded use.
    pub last_used_at: Option<Timestamp>,
    /// The time when the expiry was first observed. From then on the token is expired, even if the clock steps back.
    pub expired_seen_at: Option<Timestamp>,
    /// The token that created this one.
    pub created_by: Option<Uuid>,
    /// The successor.
    pub rotated_to: Option<Uuid>,
    /// Whether the token and all its descendants are known to be revoked. It stays true, because a revoked token creates nothing.
    pub tree_revoked: bool,
}

/// The state of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Accepted.
    Active,
    /// Revoked for good.
    Revoked,
    /// Expired.
    Expired,
}

/// The reason why a known token is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    /// It was revoked.
    Revoked,
    /// It has expired.
    Expired,
    /// It has a successor, and its grace period is over.
    Rotated,
}

impl RefusalReason {
    /// The name in audit events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Rotated => "rotated",
        }
    }
}

impl TokenRecord {
    /// The state at `now`. A token is expired if `now >= expires_at`, or if that was observed before.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.revoked_at.is_some() {
            State::Revoked
        } else if self.expired_seen_at.is_some() || self.expires_at.is_some_and(|expires_at| now >= expires_at) {
            State::Expired
        } else {
            State::Active
        }
    }

    /// The reason to reject the token at `now`, if it is not active.
    #[must_use]
    pub fn refusal_reason(&self, now: Timestamp) -> Option<RefusalReason> {
        match self.state(now) {
            State::Active => None,
            State::Revoked => Some(RefusalReason::Revoked),
            // The grace period of the rotation ended it.
            State::Expired if self.rotated_to.is_some() => Some(RefusalReason::Rotated),
            State::Expired => Some(RefusalReason::Expired),
        }
    }
}

/// A token to store.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The organization.
    pub organization_id: Uuid,
    /// The name.
    pub name: String,
    /// The public prefix of the secret.
    pub prefix: String,
    /// The hash of the secret.
    pub hash: HashedToken,
    /// The scopes.
    pub scopes: Scopes,
    /// The expiry.
    pub expires_at: Option<Timestamp>,
    /// The token that created it.
    pub created_by: Option<Uuid>,
}

/// Generates a secret and the token with its hash.
///
/// # Errors
/// Fails if the random number generator fails.
pub fn issue<R: TryRng>(
    organization_id: Uuid,
    created_by: Option<Uuid>,
    name: String,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
    random: &mut R,
) -> Result<(PlainToken, NewToken), R::Error> {
    let token = PlainToken::generate(random)?;
    let new = NewToken { expires_at, created_by, ..NewToken::with_secret(&token, organization_id, name, scopes) };
    Ok((token, new))
}

impl NewToken {
    /// A token with this secret, without an expiry and a creator.
    #[must_use]
    pub fn with_secret(token: &PlainToken, organization_id: Uuid, name: String, scopes: Scopes) -> Self {
        Self {
            organization_id,
            name,
            prefix: token.prefix().to_owned(),
            hash: token.hash(),
            scopes,
            expires_at: None,
            created_by: None,
        }
    }

    /// The record of the token with its id, created at `now`.
    #[must_use]
    pub fn into_record(self, id: Uuid, now: Timestamp) -> TokenRecord {
        TokenRecord {
            id,
            organization_id: self.organization_id,
            name: self.name,
            prefix: self.prefix,
            scopes: self.scopes,
            created_at: now,
            expires_at: self.expires_at,
            revoked_at: None,
            last_used_at: None,
            expired_seen_at: None,
            created_by: self.created_by,
            rotated_to: None,
            tree_revoked: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observed_expiry_is_permanent() {
        let at = Timestamp::from_millis;
        let mut record = TokenRecord {
            id: Uuid::nil(),
            organization_id: Uuid::nil(),
            name: String::new(),
            prefix: String::new(),
            scopes: Scopes::default(),
            created_at: at(0),
            expires_at: Some(at(10)),
            revoked_at: None,
            last_used_at: None,
            expired_seen_at: None,
            created_by: None,
            rotated_to: None,
            tree_revoked: false,
        };
        assert_eq!([9, 10, 11].map(|now| record.state(at(now))), [State::Active, State::Expired, State::Expired]);
        record.expired_seen_at = Some(at(11));
        assert_eq!(record.state(at(1)), State::Expired, "after the clock stepped back");
        record.revoked_at = Some(at(5));
        assert_eq!(record.state(at(1)), State::Revoked);
    }
}
