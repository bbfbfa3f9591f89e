//! `aether`: the command line of Aether.
//!
//! [`arguments`] describes the command line, [`session`] opens a client, [`commands`] has a module for each command,
//! [`output`] prints results, and [`failure`] has the exit statuses.

#![warn(unreachable_pub)]

mod arguments;
mod commands;
mod failure;
mod output;
mod prompt;
mod secret_argument;
mod session;
mod target;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use failure::{Exit, Failure};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tokio::select! {
        // The handler of Ctrl-C is installed before the command begins.
        biased;
        _ = tokio::signal::ctrl_c() => {
            // The command is dropped, which switches the terminal's echo on again. A thread can still read from the terminal.
            if io::stderr().is_terminal() {
                eprintln!();
            }
            std::process::exit(Exit::Interrupted.code().into());
        }
        result = run() => match result {
            Ok(exit) => exit.into(),
            Err(failure) => failure.report().into(),
        },
    }
}

async fn run() -> Result<Exit, Failure> {
    // Before clap, which prints an argument that it does not know.
    secret_argument::check(std::env::args_os().skip(1))?;
    commands::run(Arguments::parse()).await
}
