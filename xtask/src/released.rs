//! `cargo xtask released`: the clients of the released contracts, in a crate of its own, because it contains the
//! server.

use std::process::Command;

use dropstub::{Exit, Failure};

use crate::{project, runner};

/// Builds the client of each released contract, and runs it against the server of today.
///
/// # Errors
/// Fails if the program cannot be built or could not do its work.
pub fn execute() -> Result<Exit, Failure> {
    let mut program = Command::new("cargo");
    // No package is named, so that dependencies have the same features as in the tests.
    program.current_dir(project::root()).args(["run", "--quiet", "--bin", "aether-released-clients"]);
    runner::run(&mut program)
}
