//! Who asks: a token that was found live.

use super::{State, Timestamp, TokenRecord};

/// The token that a request was made with.
#[derive(Debug, Clone)]
pub struct Actor(TokenRecord);

impl Actor {
    /// The actor of a live token.
    ///
    /// # Errors
    /// The record back, with the state that it is in.
    pub fn of(record: TokenRecord, now: Timestamp) -> Result<Self, (Box<TokenRecord>, State)> {
        match record.state(now) {
            State::Live => Ok(Self(record)),
            state => Err((Box::new(record), state)),
        }
    }

    #[must_use]
    pub fn record(&self) -> &TokenRecord {
        &self.0
    }

    /// Whether the actor may change `target`: itself always, another where its own scopes cover the other's.
    #[must_use]
    pub fn may_act_on(&self, target: &TokenRecord) -> bool {
        self.0.id == target.id || self.0.scopes.covers_all(&target.scopes)
    }
}
