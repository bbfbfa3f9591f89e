//! `cargo xtask`: generate the code from the contract, and check that both agree.

use std::io;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use xtask::command::{self, Command};

/// Room for documents whose components lead from one to the next, in bytes. No more of it is used than is needed.
const STACK: usize = 1024 * 1024 * 1024;

fn main() -> ExitCode {
    let command = Command::parse();
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || command::run(&command, &mut io::stdout()));
    // A panic has said what it is.
    thread.map_or(ExitCode::from(2), |thread| thread.join().unwrap_or(ExitCode::from(101)))
}
