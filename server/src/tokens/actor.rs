//! The token that performs a request.

use super::{State, TokenRecord};
use crate::timestamp::Timestamp;

/// An active token that performs a request.
#[derive(Debug, Clone)]
pub struct Actor(TokenRecord);

impl Actor {
    /// The actor of an active token.
    ///
    /// # Errors
    /// Returns the record and its state if it is not active.
    pub fn of(record: TokenRecord, now: Timestamp) -> Result<Self, (Box<TokenRecord>, State)> {
        match record.state(now) {
            State::Active => Ok(Self(record)),
            state => Err((Box::new(record), state)),
        }
    }

    /// The token.
    #[must_use]
    pub fn record(&self) -> &TokenRecord {
        &self.0
    }

    /// The token, without the permission to act.
    #[must_use]
    pub fn into_record(self) -> TokenRecord {
        self.0
    }

    /// Whether the actor may change `target`: always itself, another token if its scopes cover the target's.
    #[must_use]
    pub fn may_act_on(&self, target: &TokenRecord) -> bool {
        self.0.id == target.id || self.0.scopes.covers_all(&target.scopes)
    }

    /// Whether the actor expires before `expires_at`; `None` is never.
    #[must_use]
    pub fn expires_before(&self, expires_at: Option<Timestamp>) -> bool {
        match (self.0.expires_at, expires_at) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(own), Some(other)) => other > own,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::tokens::testing::{actor, record};

    #[test]
    fn token_acts_on_itself_and_on_covered_tokens() {
        let target = |scopes: &str, id| {
            let mut target = record(scopes, None);
            target.id = id;
            target
        };
        let caller = actor("a b:*", None);
        let other = Uuid::from_u128(1);
        for (scopes, id, expected) in [
            ("a b:c", other, true),
            ("", other, true),
            ("a c", other, false),
            ("*", other, false),
            ("*", Uuid::nil(), true),
        ] {
            assert_eq!(caller.may_act_on(&target(scopes, id)), expected, "{scopes:?}");
        }
    }
}
