//! `cargo xtask instructions`: a gate against regressions by the instructions of requests, which is a part of the
//! benchmark's crate.

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Instructions {
    /// Write the figures, with the versions of this machine's toolchain, instead of judging by them
    #[arg(long)]
    renew: bool,
}

/// Runs the gate in the tests' profile. It builds the server that it counts in release.
///
/// # Errors
/// Fails if the gate cannot be built or could not do its work.
pub fn execute(arguments: &Instructions) -> Result<Exit, Failure> {
    let mut program = runner::program("aether-bench");
    program.arg("instructions");
    if arguments.renew {
        program.arg("--renew");
    }
    runner::run(&mut program)
}
