//! `cargo xtask sdk`: the check of generated SDKs, which is a crate of its own.

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Sdk {
    /// The arguments of the check; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Runs the check in the profile of the tests, which have compiled the server.
///
/// # Errors
/// Fails if the check cannot be built or could not do its work.
pub fn execute(arguments: &Sdk) -> Result<Exit, Failure> {
    runner::run(runner::program("aether-sdk").args(&arguments.arguments))
}
