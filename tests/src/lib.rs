//! The harness of the contract tests: a real server with a real database, and a client that holds every answer against
//! the contract.
//!
//! A test starts a [`Server`] of its own and talks to it as a user would. Whatever it is answered is checked against
//! `openapi/aether.yaml` on the way and counted in the [`matrix`], so a test only says what is special about it.

#![allow(clippy::must_use_candidate, clippy::return_self_not_must_use, reason = "an assertion is its own use")]

mod answer;
pub mod ask;
pub mod contract;
pub mod matrix;
pub mod race;
mod server;
mod wait;

pub use answer::Answer;
pub use server::{Options, Server, holds_a_token};
pub use wait::eventually;
