//! Which files and packages are Aether's. The rest of this crate takes any document.

use std::path::{Path, PathBuf};

use dropstub_document::{Document, ReadError};

/// The contract, relative to the root of the repository, as all of these are.
pub const CONTRACT: &str = "openapi/aether.yaml";
/// What was released of it, one file for each version.
pub const RELEASED: &str = "openapi/released";
/// What the generator and the check reach, as a command has written it.
pub const REPORT: &str = "xtask/REPORT.md";
/// The generated server stub.
pub const STUB: &str = "server/api/src/generated.rs";
/// The generated client.
pub const CLIENT: &str = "client/src/generated.rs";
/// The program that prints the compiled stub's account of itself.
pub const ACCOUNT: &str = "aether-api-manifest";
/// The module that the stub stands on, as the stub names it.
pub const RUNTIME: &str = "crate::runtime";

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_path_buf()
}

/// The contract, under the name that it has in the repository.
///
/// # Errors
/// Where it cannot be read.
pub fn contract() -> Result<Document, ReadError> {
    let mut contract = Document::read(&root().join(CONTRACT))?;
    CONTRACT.clone_into(&mut contract.name);
    Ok(contract)
}
