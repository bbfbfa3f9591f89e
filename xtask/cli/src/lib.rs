//! The commands of `dropstub`, for its binary and for command runners of repositories.
//!
//! A command takes its documents from its arguments or the working directory. A repository's runner passes [`Defaults`] for
//! arguments that are not given.

#![warn(missing_docs, unreachable_pub)]

mod command;
mod contract;
mod failure;
pub mod generated;
mod output;
mod rules;

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

pub use command::{Check, Command, Defaults, Generate, execute, rules as rules_markdown};
pub use contract::default as default_contract;
pub use failure::{Exit, Failure};

/// Runs a command on a thread with the stack that the generator needs, with standard output, and returns its exit status.
pub fn run(command: impl FnOnce(&mut dyn Write) -> Result<Exit, Failure> + Send + 'static) -> ExitCode {
    let thread = thread::Builder::new().stack_size(dropstub_codegen::STACK_SIZE);
    let run = move || match command(&mut io::stdout()) {
        Ok(Exit::Success) => ExitCode::SUCCESS,
        Ok(Exit::Found) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    };
    match thread.spawn(run) {
        // A panic has printed its message.
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(101)),
        Err(error) => {
            eprintln!("cannot start a thread: {error}");
            ExitCode::from(2)
        }
    }
}
