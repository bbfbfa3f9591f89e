//! The rules of tokens: what one is, what it may do, and how one makes another.
//!
//! No HTTP and no SQL is here. The time, the randomness and the ids come in as arguments, so every rule can be tested
//! without waiting for anything.

mod actor;
mod change;
mod denied;
mod grant;
mod plain;
mod record;
mod rotation;
mod scope;
mod timestamp;

pub use actor::Actor;
pub use change::{Update, Updated, future, update};
pub use denied::Denied;
pub use grant::{Limits, NewToken, Violation, expiry, issue, scope, still_grantable};
pub use plain::{HashedToken, PlainToken};
pub use record::{State, TokenRecord};
pub use rotation::{grace, last_moment, successor};
pub use scope::{Scope, Scopes};
pub use timestamp::Timestamp;

#[cfg(test)]
pub(crate) mod testing {
    //! Tokens for the tests of the rules.

    use rand::rngs::SysRng;
    use uuid::Uuid;

    use super::{Actor, Scopes, Timestamp, TokenRecord, issue};

    pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    pub(crate) fn record(scopes: &str, expires_at: Option<Timestamp>) -> TokenRecord {
        let scopes = Scopes::parse(scopes).unwrap();
        let (_, new) = issue(Uuid::nil(), None, "token".into(), scopes, expires_at, NOW, &mut SysRng).unwrap();
        new.into_record(Uuid::nil())
    }

    pub(crate) fn actor(scopes: &str, expires_at: Option<Timestamp>) -> Actor {
        Actor::of(record(scopes, expires_at), NOW).unwrap()
    }
}
