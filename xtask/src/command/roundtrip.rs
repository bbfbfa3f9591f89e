//! `cargo xtask roundtrip`: documents there and back.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{Exit, Failed};
use crate::project;
use dropstub_document::Document;
use dropstub_testing::roundtrip::{self, Outcome};

/// Generate a stub of each document, compile it, and compare what dropshot emits of it with the document
///
/// Each stub becomes a crate below target/roundtrip, with the emitted document beside it. Then values of every component
/// schema go through its types and rules, with a JSON-Schema validator as the judge; what it disagrees with is shown.
/// Exits with 0 where every operation is equal, websocket channels and multipart bodies aside, which are left out by
/// name; and with 1 where anything is refused or differs.
#[derive(Debug, clap::Args)]
pub struct Roundtrip {
    /// OpenAPI 3.0 documents, in JSON or YAML
    #[arg(required = true, value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people: a table, and below it what is wrong.
    Text,
    /// One JSON object for each document, in a list.
    Json,
}

/// How many of the things that are wrong with one document are shown to people.
const SHOWN: usize = 20;

pub(super) fn run(arguments: &Roundtrip, out: &mut dyn Write) -> Result<Exit, Failed> {
    let mut outcomes = Vec::new();
    for path in &arguments.documents {
        let outcome = match Document::read(path) {
            Ok(document) => roundtrip::roundtrip(&project::root(), &document),
            Err(error) => Outcome::unread(path, &error),
        };
        // A document takes a while, so it is said which one is done.
        eprintln!("{}: {}", outcome.document, if outcome.is_equal() { "equal" } else { "not equal" });
        outcomes.push(outcome);
    }
    match arguments.format {
        Format::Text => text(&outcomes, out)?,
        Format::Json => writeln!(out, "{:#}", serde_json::json!(outcomes))?,
    }
    Ok(if outcomes.iter().all(Outcome::is_equal) { Exit::Good } else { Exit::Different })
}

fn text(outcomes: &[Outcome], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", roundtrip::table(outcomes))?;
    for outcome in outcomes {
        let refused: Vec<_> = outcome.refused.iter().map(ToString::to_string).collect();
        for wrong in [&refused, &outcome.findings, &outcome.instances.wrong] {
            for wrong in wrong.iter().take(SHOWN) {
                writeln!(out, "{}: {wrong}", outcome.document)?;
            }
            if wrong.len() > SHOWN {
                writeln!(out, "{}: and {} more", outcome.document, wrong.len() - SHOWN)?;
            }
        }
    }
    Ok(())
}
