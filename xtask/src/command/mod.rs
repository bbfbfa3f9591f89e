//! One file per command. Each writes what it has to say to a given place and returns how the program shall exit.

mod check;
mod compat;
mod generate;
mod lint;
mod report;
mod roundtrip;

use std::io::Write;
use std::process::ExitCode;

/// The tasks of this repository.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
pub enum Command {
    Check(check::Check),
    Compat(compat::Compat),
    Generate(generate::Generate),
    Lint(lint::Lint),
    Report(report::Report),
    Roundtrip(roundtrip::Roundtrip),
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: all is as it should be.
    Good,
    /// 1: something differs, and the output says what.
    Different,
}

/// 2: the command could not do its work. The message says why.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    fn new(message: String) -> Self {
        Self(message)
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

/// Runs a command. Findings go to `out`, and why it could not be done to standard error.
pub fn run(command: &Command, out: &mut dyn Write) -> ExitCode {
    let result = match command {
        Command::Check(arguments) => check::run(arguments, out),
        Command::Compat(arguments) => compat::run(arguments, out),
        Command::Generate(arguments) => generate::run(arguments, out),
        Command::Lint(arguments) => lint::run(arguments, out),
        Command::Report(arguments) => report::run(arguments, out),
        Command::Roundtrip(arguments) => roundtrip::run(arguments, out),
    };
    match result {
        Ok(Exit::Good) => ExitCode::SUCCESS,
        Ok(Exit::Different) => ExitCode::from(1),
        Err(Failed(message)) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
