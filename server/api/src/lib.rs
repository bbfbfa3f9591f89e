//! The server's half of the contract: the stub that `cargo xtask generate` makes of it, and the runtime it stands on.
//!
//! A server implements [`Service`] and hands it to [`api`]. The generated part is never edited; [`runtime`] is written
//! by hand and knows no operation.

#[allow(clippy::all, clippy::pedantic, reason = "what reads well in a generator reads as it may in its output")]
#[allow(rustdoc::all, reason = "the contract's descriptions are not written for rustdoc")]
#[rustfmt::skip]
mod generated;
pub mod runtime;

pub use generated::*;
