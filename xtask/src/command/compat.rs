//! `cargo xtask compat`: the contract against one that was released.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Exit, Failed};
use crate::project;
use dropstub_checks::compat::{self, Change, Verdict};
use dropstub_document::Document;

/// Say whether the contract is still compatible with one that was released
///
/// Each change is breaking, compatible or documentation, for requests and for responses, with the reason. Exits with 0
/// where nothing is breaking, with 1 where something is, and with 2 where something cannot be read.
#[derive(Debug, clap::Args)]
pub struct Compat {
    /// What was released: a file, or a revision of this repository; without it, the last in openapi/released
    #[arg(long, value_name = "FILE|REV")]
    base: Option<String>,
    /// Look at this document instead of the contract
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

pub(super) fn run(arguments: &Compat, out: &mut dyn Write) -> Result<Exit, Failed> {
    let base = match &arguments.base {
        Some(base) if Path::new(base).is_file() => Document::read(Path::new(base))?,
        Some(revision) => revised(revision)?,
        None => {
            let Some(path) = last_released(&project::root().join(project::RELEASED))? else {
                writeln!(out, "{}: nothing has been released yet, so nothing can break", project::RELEASED)?;
                return Ok(Exit::Good);
            };
            Document::read(&path)?
        }
    };
    let now = match &arguments.spec {
        Some(path) => Document::read(path)?,
        None => project::contract()?,
    };
    for document in [&base, &now] {
        dropstub_document::validate(&document.value).map_err(|error| {
            Failed::new(format!("{}:{}: {error}", document.name, document.position(&error.pointer)))
        })?;
    }
    let changes = compat::compat(&base.value, &now.value);
    match arguments.format {
        Format::Text => text(&base, &now, &changes, out)?,
        Format::Json => json(&base, &now, &changes, out)?,
    }
    let breaking = changes.iter().any(|change| change.verdict == Verdict::Breaking);
    Ok(if breaking { Exit::Different } else { Exit::Good })
}

/// The contract as it was at a revision.
fn revised(revision: &str) -> Result<Document, Failed> {
    let name = format!("{revision}:{}", project::CONTRACT);
    let output = Command::new("git").current_dir(project::root()).args(["show", &name]).output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failed::new(format!("{revision} is neither a file nor a revision with a contract: {why}")));
    }
    Ok(Document::parse(name, String::from_utf8_lossy(&output.stdout).into_owned())?)
}

/// The contract of the greatest version in the folder. Each is named by its version, as in `1.2.0.yaml`.
fn last_released(folder: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut released = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".yaml"));
        let version: Option<Vec<u64>> = name.and_then(|name| name.split('.').map(|part| part.parse().ok()).collect());
        released.extend(version.map(|version| (version, path)));
    }
    Ok(released.into_iter().max().map(|(_, path)| path))
}

fn text(base: &Document, now: &Document, changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    let mut sorted: Vec<_> = changes.iter().collect();
    sorted.sort_by_key(|change| change.verdict);
    for Change { pointer, gone, verdict, direction, reason } in sorted {
        let document = if *gone { base } else { now };
        let side = format!("{direction:?}").to_lowercase();
        writeln!(
            out,
            "{}:{}: {verdict} ({side}): {reason}\n    at {pointer}",
            document.name,
            document.position(pointer)
        )?;
    }
    let count = |verdict| changes.iter().filter(|change| change.verdict == verdict).count();
    writeln!(
        out,
        "{} against {}: {} breaking, {} compatible, {} of documentation",
        now.name,
        base.name,
        count(Verdict::Breaking),
        count(Verdict::Compatible),
        count(Verdict::Documentation)
    )
}

fn json(base: &Document, now: &Document, changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", serde_json::json!({"base": base.name, "spec": now.name, "changes": changes}))
}
