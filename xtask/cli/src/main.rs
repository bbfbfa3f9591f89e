//! The `dropstub` command.

use std::process::ExitCode;

use clap::Parser;
use dropstub::{Command, Defaults};

/// Generates dropshot servers from OpenAPI documents, and checks contracts
#[derive(Debug, Parser)]
#[command(name = "dropstub", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    dropstub::run(move |out| dropstub::execute(&command, &Defaults::default(), out))
}
