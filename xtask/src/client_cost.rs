//! `cargo xtask client-cost`: the measurement of the client, which is a crate of its own.

use std::process::Command;

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct ClientCost {
    /// The arguments of the measurement; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Runs the measurement in release, because it counts the instructions of its own program.
///
/// # Errors
/// Fails if the measurement cannot be built or could not do its work.
pub fn execute(arguments: &ClientCost) -> Result<Exit, Failure> {
    let mut program = Command::new("cargo");
    program.args(["run", "--quiet", "--release", "--package", "aether-client-cost", "--"]).args(&arguments.arguments);
    runner::run(&mut program)
}
