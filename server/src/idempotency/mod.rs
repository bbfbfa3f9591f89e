//! Idempotent requests: the key, the fingerprint of a request, and the sealed response.
//!
//! The module has no HTTP and no SQL. The store inserts a sealed response in the transaction of its change.

mod in_flight;
mod key;
mod seal;

pub use in_flight::{InFlight, InFlightGuard};
pub use key::{Fingerprint, Key, KeyHash, RETENTION};
pub use seal::{SealError, Sealed, open, seal};
