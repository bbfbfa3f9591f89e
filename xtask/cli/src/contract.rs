//! The contract that a command works on.

use std::path::{Path, PathBuf};

use dropstub_document::{Document, ReadError, validate};

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
    let name = path.display().to_string();
    let text = std::fs::read_to_string(directory.join(&path));
    let text = text.map_err(|source| ReadError::Io { name: name.clone(), source })?;
    Ok(Document::parse(name, text)?)
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
