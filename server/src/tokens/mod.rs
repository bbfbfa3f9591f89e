//! The rules of tokens: what one is, what it may do, and how one makes another.
//!
//! No HTTP and no SQL is here. The time, the randomness and the ids come in as arguments, so every rule can be tested
//! without waiting for anything.

mod actor;
mod grant;
mod plain;
mod record;
mod scope;
mod timestamp;

pub use actor::Actor;
pub use grant::{NewToken, Violation, expiry, issue, scope};
pub use plain::{HashedToken, PlainToken};
pub use record::{State, TokenRecord};
pub use scope::{Scope, Scopes};
pub use timestamp::Timestamp;
