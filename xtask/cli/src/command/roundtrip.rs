//! `dropstub roundtrip`: the generator against documents.

use std::io::Write;
use std::path::PathBuf;

use dropstub_document::Document;
use dropstub_testing::roundtrip::{self, Outcome, Settings};
use serde_json::{Map, Value, json};

use super::Defaults;
use crate::failure::{Exit, Failure};
use crate::output::{self, Format};

/// Test the generator with documents
///
/// Each document's stub is generated and compiled in a crate below `target/roundtrip`, and the document that dropshot emits is
/// compared with the original. Then generated values go through the stub's types and rules, with a JSON Schema validator as the
/// oracle. Websocket channels and multipart bodies are excluded by name. Exits with 0 if there is no finding, and with 1 if an
/// operation is rejected or differs, or a value is not evaluated as its schema requires.
#[derive(Debug, Clone, clap::Args)]
pub struct Roundtrip {
    /// OpenAPI 3.0 documents, in JSON or YAML
    #[arg(required = true, value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// The dependency on `dropstub-runtime`: a directory, or a TOML value like "0.1"
    #[arg(long, value_name = "DIRECTORY|VERSION")]
    runtime: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The dependency on the runtime: the version of this command.
const RUNTIME: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

pub(super) fn execute(arguments: &Roundtrip, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    let settings = settings(arguments, defaults)?;
    let (mut documents, mut outcomes) = (Vec::new(), Vec::new());
    for path in &arguments.documents {
        let outcome = match Document::read(path) {
            Ok(document) => {
                let outcome = roundtrip::roundtrip(&document, &settings);
                documents.push(document);
                outcome
            }
            Err(error) => Outcome::unreadable(path, &error),
        };
        // A document takes seconds, so each one is reported.
        eprintln!("{}: {}", outcome.document, output::counts(&outcome.diagnostics()));
        outcomes.push(outcome);
    }
    let diagnostics: Vec<_> = outcomes.iter().flat_map(Outcome::diagnostics).collect();
    let facts = json!({"outcomes": outcomes.iter().map(Outcome::to_json).collect::<Vec<_>>()});
    let facts = facts.as_object().cloned().unwrap_or_else(Map::new);
    let (sources, table) = (documents.iter().collect::<Vec<_>>(), roundtrip::table(&outcomes));
    output::diagnostics(arguments.format, &diagnostics, &sources, facts, &table, out)?;
    Ok(Exit::found_if(!diagnostics.is_empty()))
}

/// The environment: the arguments, the runner's defaults, or the working directory.
fn settings(arguments: &Roundtrip, defaults: &Defaults) -> Result<Settings, Failure> {
    let mut settings = match &defaults.roundtrip {
        Some(settings) => settings.clone(),
        None => Settings { target: std::env::current_dir()?.join("target"), runtime: RUNTIME.to_owned(), lock: None },
    };
    if let Some(runtime) = &arguments.runtime {
        let directory = PathBuf::from(runtime);
        settings.runtime = if directory.is_dir() {
            Settings::local_runtime(&directory.canonicalize()?)
        } else if runtime.starts_with(['"', '{']) {
            runtime.clone()
        } else {
            Value::from(runtime.as_str()).to_string()
        };
    }
    Ok(settings)
}
