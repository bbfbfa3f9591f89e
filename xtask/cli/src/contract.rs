//! The contract that a command works on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dropstub_document::{Document, validate};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// File names of a contract in the working directory.
const NAMES: [&str; 3] = ["openapi.yaml", "openapi.yml", "openapi.json"];
/// The directory that is searched if the working directory has none of them.
const DIRECTORY: &str = "openapi";

/// Reads the contract at `path`, or the contract of the directory.
pub(crate) fn read(path: Option<&Path>, directory: &Path) -> Result<Document, Failure> {
    match path {
        Some(path) => Ok(Document::read(path)?),
        None => default(directory),
    }
}

/// The contract of a directory. Its name is relative to the directory.
///
/// # Errors
/// Fails if there is no contract or more than one, or if it cannot be read.
pub fn default(directory: &Path) -> Result<Document, Failure> {
    let path = find(directory)?;
    let mut document = Document::read(&directory.join(&path))?;
    document.name = path.display().to_string();
    Ok(document)
}

/// The path of the contract: `path`, or that of the directory's contract.
pub(crate) fn path(path: Option<&Path>, directory: &Path) -> Result<PathBuf, Failure> {
    path.map_or_else(|| Ok(directory.join(find(directory)?)), |path| Ok(path.to_owned()))
}

/// The path of a directory's contract, relative to the directory.
fn find(directory: &Path) -> Result<PathBuf, Failure> {
    if let Some(path) = NAMES.iter().map(PathBuf::from).find(|path| directory.join(path).is_file()) {
        return Ok(path);
    }
    let is_document = |path: &PathBuf| {
        let known = path.extension().is_some_and(|it| it == "yaml" || it == "yml" || it == "json");
        known && directory.join(path).is_file()
    };
    let entries = std::fs::read_dir(directory.join(DIRECTORY)).into_iter().flatten().flatten();
    let paths = entries.map(|entry| Path::new(DIRECTORY).join(entry.file_name()));
    let mut found: Vec<_> = paths.filter(is_document).collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        (Some(_), false) => {
            Err(Failure::new(format!("{DIRECTORY} has more than one document; select one with --spec")))
        }
        (None, _) => {
            let names = NAMES.join(", ");
            let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
            let directory = directory.display();
            Err(Failure::new(format!("no contract in {directory} ({names}, {DIRECTORY}/*); select one with --spec")))
        }
    }
}

/// Checks the preconditions of the checks.
pub(crate) fn require_valid(document: &Document) -> Result<(), Failure> {
    validate(&document.value).map_err(|error| Failure::new(format!("{}: {error}", document.location(&error.pointer))))
}

/// The SHA-256 of a document's values in a fixed order of keys. A header of generated code contains it, so that no change of the
/// contract goes unnoticed, documentation and examples included.
#[must_use]
pub fn digest(contract: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let entries: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
                entries.into_iter().map(|(key, value)| (key.clone(), value)).collect()
            }
            Value::Array(values) => values.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    hex::encode(Sha256::digest(sorted(contract).to_string()))
}
