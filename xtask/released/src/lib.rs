//! The clients of the released contracts, run against the server of today.
//!
//! [`releases`] reads the contracts with their programs, [`build`](fn@build) generates and compiles the client of one,
//! and [`run`](fn@run) runs its program against a server, directly or through a [`proxy`] that changes the responses.

mod build;
pub mod proxy;
mod release;
mod run;

pub use build::build;
pub use release::{CONTRACTS, PROGRAMS, Release, releases};
pub use run::run;
