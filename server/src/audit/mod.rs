//! What happened to tokens: who did what, when, from where; each organization's events in a chain of hashes.
//!
//! An event has no field that a secret or a token's name could get into. No SQL is here; the store appends events in the
//! transaction of what they tell.

mod chain;
mod event;
mod origin;

pub use chain::{Hash, Link};
pub use event::{Action, Event, NewEvent, Reason};
pub use origin::{Origin, UserAgent};
