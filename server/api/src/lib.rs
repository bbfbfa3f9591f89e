//! The server's half of the contract: the stub that `cargo xtask generate` makes of it.
//!
//! A server implements [`Service`] and hands it to [`api`]. All of this is generated and never edited; what it stands
//! on, [`runtime`], is written by hand and knows no contract.

#[allow(clippy::all, clippy::pedantic, reason = "what reads well in a generator reads as it may in its output")]
#[allow(rustdoc::all, reason = "the contract's descriptions are not written for rustdoc")]
#[rustfmt::skip]
mod generated;

pub use dropstub_runtime as runtime;
pub use generated::*;
