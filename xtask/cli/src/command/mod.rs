//! The commands, one module each.

mod check;
mod compat;
mod explain;
mod generate;
mod lint;
mod roundtrip;

use std::io::Write;
use std::path::PathBuf;

use dropstub_document::Diagnostic;
use dropstub_testing::roundtrip::Settings;

use crate::failure::{Exit, Failure};

pub use check::Check;
pub use explain::rules;
pub use generate::Generate;

/// A command with its arguments.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Generate a server stub
    Generate(generate::Generate),
    /// Compare the contract with a compiled server stub
    Check(check::Check),
    /// Compare the contract with a released version
    Compat(compat::Compat),
    /// Check the contract against style rules
    Lint(lint::Lint),
    /// Test the generator with documents
    Roundtrip(roundtrip::Roundtrip),
    /// Explain a rule
    Explain(explain::Explain),
}

/// Values for arguments that are not given.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The directory of the contract.
    pub directory: PathBuf,
    /// The program that prints the stub's manifest, with its arguments.
    pub manifest_command: Vec<String>,
    /// The hint to regenerate a stub whose manifest cannot be read.
    pub generate_hint: String,
    /// The environment of roundtrips.
    pub roundtrip: Option<Settings>,
    /// Further findings of a check.
    pub findings: Vec<Diagnostic>,
}

impl Default for Defaults {
    /// The working directory, and no other defaults.
    fn default() -> Self {
        Self {
            directory: PathBuf::from("."),
            manifest_command: Vec::new(),
            generate_hint: String::new(),
            roundtrip: None,
            findings: Vec::new(),
        }
    }
}

/// Executes a command. Findings are written to `out`.
///
/// # Errors
/// Fails if the command cannot do its work.
pub fn execute(command: &Command, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    match command {
        Command::Generate(arguments) => generate::execute(arguments, defaults, out),
        Command::Check(arguments) => check::execute(arguments, defaults, out),
        Command::Compat(arguments) => compat::execute(arguments, defaults, out),
        Command::Lint(arguments) => lint::execute(arguments, defaults, out),
        Command::Roundtrip(arguments) => roundtrip::execute(arguments, defaults, out),
        Command::Explain(arguments) => explain::execute(arguments, out),
    }
}
