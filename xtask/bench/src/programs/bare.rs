//! The bare servers, which this program runs as its own children.

use std::process::Command;

use tempfile::TempDir;

use crate::Result;
use crate::http::Response;
use crate::process::Program;

/// A bare server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bare {
    /// hyper with one static response.
    Hyper,
    /// dropshot with one endpoint and a typed response.
    Dropshot,
}

/// Starts a bare server that gives a response to every request.
///
/// # Errors
/// Fails if it does not start.
pub fn start(bare: Bare, response: &Response, directory: TempDir) -> Result<Program> {
    let (name, argument) = match bare {
        Bare::Hyper => ("bare hyper", "hyper"),
        Bare::Dropshot => ("bare dropshot", "dropshot"),
    };
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", argument, &serde_json::to_string(response)?]);
    Program::start(name, command, directory)
}
