//! `cargo xtask released`: the clients of the released contracts, in a crate of its own, because it contains the
//! server.

use dropstub::{Exit, Failure};

use crate::{project, runner};

/// Builds the client of each released contract, and runs it against the server of today.
///
/// # Errors
/// Fails if the program cannot be built or could not do its work.
pub fn execute() -> Result<Exit, Failure> {
    runner::run(runner::program("aether-released-clients").current_dir(project::root()))
}
