//! `cargo xtask`: generate the code from the contract, and check that both agree.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use xtask::command::{self, Command};

fn main() -> ExitCode {
    command::run(&Command::parse(), &mut io::stdout())
}
