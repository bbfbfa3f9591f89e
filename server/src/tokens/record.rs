//! A token as it is kept: everything but the secret.

use uuid::Uuid;

use super::{Scopes, Timestamp};
use crate::audit::Reason;

/// A stored token.
#[derive(Debug, Clone)]
pub struct TokenRecord {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub name: String,
    /// The part of the secret that may be shown.
    pub prefix: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// When the token was first refused because it had expired. From then on it is expired whatever the clock says.
    pub expired_seen_at: Option<Timestamp>,
    /// The token that made this one.
    pub created_by: Option<Uuid>,
    /// The token that took this one's place.
    pub rotated_to: Option<Uuid>,
}

/// Whether a token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Live,
    Revoked,
    Expired,
}

impl TokenRecord {
    /// What the token is at `now`. Expired means that `now` is at or after `expires_at`, or once was.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.revoked_at.is_some() {
            State::Revoked
        } else if self.expired_seen_at.is_some() || self.expires_at.is_some_and(|expires_at| now >= expires_at) {
            State::Expired
        } else {
            State::Live
        }
    }

    /// Why the token is refused at `now`, where it is.
    #[must_use]
    pub fn refusal(&self, now: Timestamp) -> Option<Reason> {
        match self.state(now) {
            State::Live => None,
            State::Revoked => Some(Reason::Revoked),
            // What ended it is its grace.
            State::Expired if self.rotated_to.is_some() => Some(Reason::Rotated),
            State::Expired => Some(Reason::Expired),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_expires_at_its_expiry_and_for_good() {
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
        };
        assert_eq!([9, 10, 11].map(|now| record.state(at(now))), [State::Live, State::Expired, State::Expired]);
        record.expired_seen_at = Some(at(11));
        assert_eq!(record.state(at(1)), State::Expired, "the clock stepped back");
        record.revoked_at = Some(at(5));
        assert_eq!(record.state(at(1)), State::Revoked);
    }
}
