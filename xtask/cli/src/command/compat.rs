//! `dropstub compat`: a contract against a released version.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use dropstub_checks::compat;
use dropstub_document::{Diagnostic, Document, Severity};
use serde_json::{Map, json};

use super::Defaults;
use crate::contract;
use crate::failure::{Exit, Failure};
use crate::output::{self, Format};

/// Compare the contract with a released version
///
/// Each change is breaking, compatible or documentation, for requests or for responses, with the reason. Exits with 0 if no change
/// is breaking, with 1 if one is, and with 2 if a document cannot be read.
#[derive(Debug, Clone, clap::Args)]
pub struct Compat {
    /// The released contract: a file, or a git revision [default: the newest in the directory `released` next to the contract]
    #[arg(long, value_name = "FILE|REV")]
    base: Option<String>,
    /// The document [default: the contract of the working directory]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn execute(arguments: &Compat, defaults: &Defaults, out: &mut dyn Write) -> Result<Exit, Failure> {
    let base = match &arguments.base {
        Some(base) if Path::new(base).is_file() => Document::read(Path::new(base))?,
        Some(revision) => at_revision(revision, &contract::path(arguments.spec.as_deref(), &defaults.directory)?)?,
        None => newest_released(arguments, defaults)?,
    };
    let revised = contract::read(arguments.spec.as_deref(), &defaults.directory)?;
    contract::require_valid(&base)?;
    contract::require_valid(&revised)?;
    let mut changes = compat::compat(&base, &revised);
    changes.sort_by_key(|change| change.severity);
    let count = |verdict: &str| changes.iter().filter(|it| it.details["verdict"] == verdict).count();
    let (breaking, compatible, documentation) = (count("breaking"), count("compatible"), count("documentation"));
    let summary = format!(
        "{} against {}: {breaking} breaking, {compatible} compatible, {documentation} documentation changes",
        revised.name, base.name
    );
    let facts = json!({"base": base.name, "revised": revised.name, "breaking": breaking, "compatible": compatible,
        "documentation": documentation});
    let facts = facts.as_object().cloned().unwrap_or_else(Map::new);
    output::diagnostics(arguments.format, &changes, &[&base, &revised], facts, &summary, out)?;
    Ok(Exit::found_if(changes.iter().any(|it: &Diagnostic| it.severity == Severity::Error)))
}

/// The contract at a git revision.
fn at_revision(revision: &str, path: &Path) -> Result<Document, Failure> {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{revision}:./{file}");
    let output = Command::new("git").current_dir(directory).args(["show", &name]).output()?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failure::new(format!("{revision} is neither a file nor a revision with {file}: {error}")));
    }
    Ok(Document::parse(format!("{revision}:{}", path.display()), String::from_utf8_lossy(&output.stdout).into_owned())?)
}

/// The newest released contract. The files are named after their version: `1.2.0.yaml`.
fn newest_released(arguments: &Compat, defaults: &Defaults) -> Result<Document, Failure> {
    let directory = contract::path(arguments.spec.as_deref(), &defaults.directory)?.with_file_name("released");
    let path = newest(&directory)?.ok_or_else(|| {
        let directory = directory.display();
        Failure::new(format!("no released contract (VERSION.yaml) in {directory}; select one with --base"))
    })?;
    Ok(Document::read(&path)?)
}

fn newest(directory: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut versions = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        let stem = path.file_stem().filter(|_| is_yaml).and_then(|stem| stem.to_str());
        if let Some(version) = stem.and_then(|stem| semver::Version::parse(stem).ok()) {
            versions.push((version, path));
        }
    }
    Ok(versions.into_iter().max().map(|(_, path)| path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_release_has_the_greatest_version() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(newest(&directory.path().join("missing")).unwrap(), None);
        for name in ["1.9.0.yaml", "1.10.0.yaml", "2.0.0.json", "README.md"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(newest(directory.path()).unwrap(), Some(directory.path().join("1.10.0.yaml")));
    }
}
