//! `cargo xtask crash`: the crash test of the server with any number of rounds.

use std::process::Command;

use dropstub::{Exit, Failure};

use crate::runner;

/// The arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Crash {
    /// The number of times that the server is killed
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    rounds: usize,
    /// The seed of the random moments; a test that fails prints it
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

/// Runs the test, which kills the server at random moments and checks every acknowledged change.
///
/// # Errors
/// Fails if the test cannot be built.
pub fn execute(arguments: &Crash) -> Result<Exit, Failure> {
    let test = || {
        let mut test = Command::new("cargo");
        test.args(["test", "--package", "aether-server", "--test", "program"]);
        test
    };
    // The status of a failed build is that of a failed test.
    if runner::run(test().arg("--no-run"))? == Exit::Found {
        return Err(Failure::new("cannot build the test"));
    }
    let mut test = test();
    test.args(["crash::", "--", "--nocapture"]).env("CRASH_ROUNDS", arguments.rounds.to_string());
    if let Some(seed) = arguments.seed {
        test.env("CRASH_SEED", seed.to_string());
    }
    Ok(Exit::found_if(!test.status()?.success()))
}
