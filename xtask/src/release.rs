//! `cargo xtask release`: the archives of a release and their rehearsal, which are a crate of their own.

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Release {
    /// The arguments of the release; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Writes the archives. The programs in them are built in release.
///
/// # Errors
/// Fails if the release cannot be built or could not do its work.
pub fn execute(arguments: &Release) -> Result<Exit, Failure> {
    runner::run(runner::program("aether-release").args(&arguments.arguments))
}
