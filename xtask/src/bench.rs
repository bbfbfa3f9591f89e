//! `cargo xtask bench`: the benchmark, which is a crate of its own.

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
    let is_short = bench.arguments.iter().any(|argument| argument == "--smoke");
    let mut program = if is_short { runner::program("aether-bench") } else { runner::released_program("aether-bench") };
    runner::run(program.args(&bench.arguments))
}
