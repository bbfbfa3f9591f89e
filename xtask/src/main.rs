//! `cargo xtask`: generate the code from the contract, and check that both agree.

use std::io;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use xtask::command::{self, Command};

/// Room for documents whose components lead from one to the next, in bytes. No more of it is used than is needed.
const STACK: usize = 256 * 1024 * 1024;

fn main() -> ExitCode {
    let command = Command::parse();
    let run = move || command::run(&command, &mut io::stdout());
    match thread::Builder::new().stack_size(STACK).spawn(run) {
        // A panic has said what it is.
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(101)),
        Err(error) => {
            eprintln!("no thread can be started: {error}");
            ExitCode::from(2)
        }
    }
}
