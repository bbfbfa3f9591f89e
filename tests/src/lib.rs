//! Harness of the contract tests: a real server with a real database, and a client that checks every response against
//! the contract.
//!
//! Each test starts its own [`Server`] and sends requests as a user would. Every response is checked against
//! `openapi/aether.yaml` and recorded in the [`COVERAGE`], so a test asserts only its own subject.

#![allow(clippy::must_use_candidate, clippy::return_self_not_must_use, reason = "an assertion is its own use")]

pub mod fault_proxy;
pub mod race;
mod server;

use std::io::Write;

pub use aether_conformance::contract;
pub use aether_conformance::{
    Organization, Response, Token, contains_secret, eventually, text, unknown_secret, valid_request,
};
pub use server::{COVERAGE, MOUNTED, Options, Server};

/// Prints that a test is skipped, because a program is not installed.
///
/// # Panics
/// Panics under `CI=true`: every program has to be installed there.
pub fn skip(program: &str) {
    assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "{program} is not installed");
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
}

/// Prints that a test is skipped, because a program of Python's package index is not installed.
///
/// # Panics
/// Panics under `CI=true`, unless `SKIPPED_GATEWAYS` has the name: `.ci/run` sets it to those that it could not install.
pub fn skip_from_pypi(program: &str) {
    let skipped = std::env::var("SKIPPED_GATEWAYS").unwrap_or_default();
    if !skipped.split(' ').any(|name| name == program) {
        return skip(program);
    }
    let _ = writeln!(std::io::stderr(), "skipped: {program} cannot be installed from PyPI");
}
