//! Output of diagnostics and files.

use std::io::{self, Write};

use dropstub_document::{Diagnostic, Document, Severity, render};
use serde_json::{Map, Value};

/// The format of diagnostics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Text for people, with excerpts
    #[default]
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning services
    Sarif,
}

/// Writes the diagnostics of one command.
///
/// `facts` are added to the JSON object, `summary` is the end of the text.
pub(crate) fn diagnostics(
    format: Format,
    diagnostics: &[Diagnostic],
    documents: &[&Document],
    facts: Map<String, Value>,
    summary: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => {
            render::text(diagnostics, documents, out)?;
            writeln!(out, "{summary}")
        }
        Format::Json => {
            let mut value = render::json(diagnostics);
            value.as_object_mut().expect("the renderer returns an object").extend(facts);
            writeln!(out, "{value:#}")
        }
        Format::Sarif => {
            writeln!(out, "{:#}", render::sarif(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), diagnostics))
        }
    }
}

/// The numbers of diagnostics by severity: `2 errors, 1 note`.
pub(crate) fn counts(diagnostics: &[Diagnostic]) -> String {
    let count = |severity: Severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    let text = |severity: Severity| match count(severity) {
        0 => None,
        1 => Some(format!("1 {severity}")),
        count => Some(format!("{count} {severity}s")),
    };
    let parts: Vec<_> = [Severity::Error, Severity::Warning, Severity::Note].into_iter().filter_map(text).collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}
