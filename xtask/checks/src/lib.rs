//! Checks of an OpenAPI contract.
//!
//! [`check`](mod@check) compares a contract with the compiled server, [`compat`] with a released version, and [`lint`] with
//! rules of style. They do not depend on each other.

#![warn(missing_docs, unreachable_pub)]

pub mod check;
pub mod compat;
pub mod lint;
