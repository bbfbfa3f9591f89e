//! `cargo xtask lint`: what is wrong with the contract beside its form.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failed};
use crate::project;
use dropstub_document::Document;

/// Look for what breaks generators, for what is missing, for examples that are none, and for names that languages lack
///
/// What the stub generator refuses the contract for is found with everything else. Exits with 0 where there is nothing,
/// with 1 where there is something, and with 2 where the document cannot be read or is not OpenAPI 3.0.
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
    if !document.is_openapi_3_0() {
        return Err(Failed::new(format!("{}: this is not OpenAPI 3.0", document.name)));
    }
    let findings = dropstub_checks::lint::lint(&document).err().unwrap_or_default();
    let refused = dropstub_codegen::secrets(&document).err();
    if findings.is_empty() && refused.is_none() {
        writeln!(out, "{}: nothing found", document.name)?;
        return Ok(Exit::Good);
    }
    for finding in findings {
        let dropstub_checks::lint::Finding { position, pointer, message, help } = finding;
        writeln!(out, "{}:{position}: {message}; {help} ({pointer})", document.name)?;
    }
    if let Some(refused) = refused {
        writeln!(out, "{refused}")?;
    }
    Ok(Exit::Different)
}
