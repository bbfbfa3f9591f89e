//! `dropstub roundtrip`: the generator against documents.

use std::io::{self, Write};
use std::path::PathBuf;

use dropstub_document::{Document, render};
use dropstub_testing::roundtrip::{self, Outcome, Settings};
use serde_json::Value;

use super::Defaults;
use crate::failure::{Exit, Failure};
use crate::output::Format;

/// Test the generator with documents
///
/// Each document's stub is generated and compiled in a crate below `target/roundtrip`, and the document that dropshot emits is
/// compared with the original. Then generated values go through the stub's types and rules, with a JSON Schema validator as the
/// oracle. Exits with 0 if every operation is equal, except for websocket channels and multipart bodies, which are excluded by
/// name; and with 1 if an operation is rejected or differs.
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

/// The number of diagnostics of a document in the text output.
const SHOWN: usize = 20;

pub(super) fn execute(arguments: &Roundtrip, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    let settings = settings(arguments, defaults)?;
    let mut outcomes = Vec::new();
    for path in &arguments.documents {
        let outcome = match Document::read(path) {
            Ok(document) => roundtrip::roundtrip(&document, &settings),
            Err(error) => Outcome::unreadable(path, &error),
        };
        // A document takes seconds, so each one is reported.
        eprintln!("{}: {}", outcome.document, if outcome.is_equal() { "equal" } else { "not equal" });
        outcomes.push(outcome);
    }
    match arguments.format {
        Format::Text => text(&outcomes, out)?,
        Format::Json => {
            let values: Vec<Value> = outcomes.iter().map(Outcome::to_json).collect();
            writeln!(out, "{:#}", Value::from(values))?;
        }
        Format::Sarif => {
            let diagnostics: Vec<_> = outcomes.iter().flat_map(Outcome::diagnostics).collect();
            let log = render::sarif(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), &diagnostics);
            writeln!(out, "{log:#}")?;
        }
    }
    Ok(Exit::found_if(!outcomes.iter().all(Outcome::is_equal)))
}

/// The environment: the arguments, the runner's defaults, or the working directory.
fn settings(arguments: &Roundtrip, defaults: &Defaults) -> Result<Settings, Failure> {
    let mut settings = match &defaults.roundtrip {
        Some(settings) => settings.clone(),
        None => Settings { target: std::env::current_dir()?.join("target"), runtime: "\"0.1\"".to_owned(), lock: None },
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

fn text(outcomes: &[Outcome], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", roundtrip::table(outcomes))?;
    for outcome in outcomes {
        for list in [&outcome.rejected, &outcome.differences, &outcome.instances.failures] {
            list.iter().take(SHOWN).try_for_each(|diagnostic| writeln!(out, "{diagnostic}"))?;
            if list.len() > SHOWN {
                writeln!(out, "{}: and {} more", outcome.document, list.len() - SHOWN)?;
                for (rule, count) in render::by_rule(list) {
                    writeln!(out, "  {count:>5}  {}: {}", rule.id, rule.summary)?;
                }
            }
        }
    }
    Ok(())
}
