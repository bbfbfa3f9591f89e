//! `cargo xtask bench`: the benchmark, which is a crate of its own.

use std::process::Command;

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Bench {
    /// The arguments of the benchmark; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Runs the benchmark in release, and its short form in the tests' profile.
///
/// # Errors
/// Fails if the benchmark cannot be built or could not do its work.
pub fn execute(bench: &Bench) -> Result<Exit, Failure> {
    let mut program = Command::new("cargo");
    program.args(["run", "--quiet", "--package", "aether-bench"]);
    if !bench.arguments.iter().any(|argument| argument == "--smoke") {
        program.arg("--release");
    }
    program.arg("--").args(&bench.arguments);
    runner::run(&mut program)
}
