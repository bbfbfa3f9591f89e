//! The changes of tokens: pure functions on a unit of work, with the store's functions that make them.

mod issue;
mod purge;
mod revoke;
mod update;

pub use issue::{Idempotency, Issued, Rotation, Seal};
pub use purge::Retention;

pub(super) use issue::create_owner;
pub(super) use purge::Inactive;

#[cfg(test)]
mod tests;
