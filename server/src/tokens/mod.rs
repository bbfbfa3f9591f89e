//! The rules of tokens: format, scopes, grants, updates, rotation, states.
//!
//! The module has no HTTP and no SQL. Time, randomness and ids are arguments, so tests need no clock and no waiting.

mod actor;
mod error;
mod expiry;
mod grant;
mod name;
mod plain_token;
mod record;
mod rotation;
mod scope;
mod update;

pub use actor::Actor;
pub use error::{Denied, Violation, ViolationCode};
pub use expiry::parse_future_expiry;
pub use grant::{Grant, Limits, SCOPE_EXCEEDS_GRANT, grant_expiry, grant_scope, granted};
pub use name::validate_name;
pub use plain_token::{HashedToken, PlainToken, TOKEN_PREFIX};
pub use record::{NewToken, RefusalReason, State, TokenRecord, issue};
pub use rotation::{grace, predecessor, successor};
pub use scope::{Scope, Scopes};
pub use update::{Update, Updated, update};

#[cfg(test)]
pub(crate) mod testing {
    //! Tokens for the tests of the rules.

    use rand::rngs::SysRng;
    use uuid::Uuid;

    use super::{Actor, Scopes, TokenRecord, issue};
    use crate::timestamp::Timestamp;

    pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    pub(crate) fn record(scopes: &str, expires_at: Option<Timestamp>) -> TokenRecord {
        let scopes = Scopes::parse(scopes).unwrap();
        let (_, new) = issue(Uuid::nil(), None, "token".into(), scopes, expires_at, &mut SysRng).unwrap();
        new.into_record(Uuid::nil(), NOW)
    }

    pub(crate) fn actor(scopes: &str, expires_at: Option<Timestamp>) -> Actor {
        Actor::of(record(scopes, expires_at), NOW).unwrap()
    }
}
