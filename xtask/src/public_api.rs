//! `cargo xtask public-api`: the comparison of public APIs with their listings, which is a crate of its own.

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
pub struct PublicApi {
    /// Write the listings instead of comparing them
    #[arg(long)]
    renew: bool,
}

/// Runs the comparison.
///
/// # Errors
/// Fails if the comparison cannot be built or could not do its work.
pub fn execute(arguments: &PublicApi) -> Result<Exit, Failure> {
    let mut program = runner::program("aether-public-api");
    if arguments.renew {
        program.arg("--renew");
    }
    runner::run(&mut program)
}
