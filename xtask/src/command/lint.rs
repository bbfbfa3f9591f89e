//! `cargo xtask lint`: what is wrong with the contract beside its form.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failed};
use crate::document::Document;
use crate::{lint, project, stub};

/// Look for what is missing in the contract, for examples that are none, and for names that other languages lack
///
/// Exits with 0 where there is nothing, with 1 where there is something, and with 2 where the document cannot be read or
/// the stub generator refuses it.
#[derive(Debug, clap::Args)]
pub struct Lint {
    /// Look at this document instead of the contract
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

pub(super) fn run(arguments: &Lint, out: &mut dyn Write) -> Result<Exit, Failed> {
    let document = match &arguments.spec {
        Some(path) => Document::read(path)?,
        None => project::contract()?,
    };
    // What is refused for its form is said by who refuses it.
    stub::secrets(&document)?;
    match lint::lint(&document) {
        Ok(()) => {
            writeln!(out, "{}: nothing found", document.name)?;
            Ok(Exit::Good)
        }
        Err(findings) => {
            writeln!(out, "{findings}")?;
            Ok(Exit::Different)
        }
    }
}
