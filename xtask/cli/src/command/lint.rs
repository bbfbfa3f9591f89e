//! `dropstub lint`: style rules of a contract.

use std::io::Write;
use std::path::PathBuf;

use dropstub_checks::lint;
use dropstub_codegen::Api;
use dropstub_document::{Diagnostic, is_openapi_3_0};
use serde_json::Map;

use super::Defaults;
use crate::contract;
use crate::failure::{Exit, Failure};
use crate::output::{self, Format};

/// Check the contract against style rules
///
/// The rules are about documentation, examples, unused components, and names and shapes that client generators handle badly.
/// Constructs that the server generator cannot support are reported, too. Exits with 0 if there is no finding, with 1 if there is
/// one, and with 2 if the document cannot be read or is not OpenAPI 3.0.
#[derive(Debug, Clone, clap::Args)]
pub struct Lint {
    /// The document [default: the contract of the working directory]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn execute(arguments: &Lint, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    let document = contract::read(arguments.spec.as_deref(), &defaults.directory)?;
    if !is_openapi_3_0(&document.value) {
        return Err(Failure::new(format!("{}: not an OpenAPI 3.0 document", document.name)));
    }
    let mut diagnostics = Api::parse(&document).err().unwrap_or_default();
    diagnostics.extend(lint::lint(&document));
    Diagnostic::sort(&mut diagnostics);
    let summary = format!("{}: {}", document.name, output::counts(&diagnostics));
    output::diagnostics(arguments.format, &diagnostics, &[&document], Map::new(), &summary, out)?;
    Ok(Exit::found_if(!diagnostics.is_empty()))
}
