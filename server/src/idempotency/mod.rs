//! Idempotent requests: the key, the fingerprint of a request, and the sealed response.
//!
//! The module has no HTTP and no SQL. The store inserts a sealed response in the transaction of its change.

mod in_progress;
mod key;
mod seal;

pub use in_progress::{InProgress, InProgressGuard};
pub use key::{Fingerprint, Key, KeyHash, RETENTION};
pub use seal::{SealError, Sealed, open, seal};
