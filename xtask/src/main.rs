//! `cargo xtask`: the commands of `dropstub` with this repository's defaults, and the repository's own.

use std::process::ExitCode;

use clap::Parser;
use xtask::command::{self, Command};

/// The tasks of this repository
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    dropstub::run(move |out| command::execute(&command, out))
}
