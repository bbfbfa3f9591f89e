//! Output of diagnostics and files.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

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

/// The status of a generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    /// The file has the expected contents.
    Current,
    /// The file was written.
    Written,
    /// The file has other contents, and was not written.
    Stale,
    /// The file does not exist, and was not written.
    Missing,
}

/// Writes a file if its contents differ; with `check`, only compares it.
///
/// # Errors
/// Fails if the file cannot be read or written.
pub fn write_file(path: &Path, contents: &str, check: bool) -> io::Result<FileStatus> {
    let current = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        found => Some(found?),
    };
    Ok(match current {
        Some(current) if current == contents.as_bytes() => FileStatus::Current,
        Some(_) if check => FileStatus::Stale,
        None if check => FileStatus::Missing,
        _ => {
            fs::write(path, contents)?;
            FileStatus::Written
        }
    })
}
