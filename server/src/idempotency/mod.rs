//! Requests that can be repeated: what names one, what it was, and its answer, sealed.
//!
//! No HTTP and no SQL is here; the store keeps a sealed answer in the transaction of what it tells.

mod in_flight;
mod request;
mod seal;

pub use in_flight::{InFlight, Ticket};
pub use request::{Fingerprint, KEPT_FOR, Key, KeyHash};
pub use seal::{SealError, Sealed, open, seal};
