//! The server under measurement, built in the profile of this program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// The directory of this run's files, in the target directory.
///
/// # Errors
/// Fails if it cannot be created.
pub fn directory() -> Result<PathBuf> {
    let directory = profile()?.parent().ok_or("no target directory")?.join("bench");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// Builds the server and returns its path.
///
/// # Errors
/// Fails if it cannot be built.
pub fn server() -> Result<PathBuf> {
    if cfg!(debug_assertions) { build(&[], &profile()?) } else { released_server() }
}

/// Builds the server in release and returns its path.
///
/// # Errors
/// Fails if it cannot be built.
pub fn released_server() -> Result<PathBuf> {
    build(&["--release"], &profile()?.with_file_name("release"))
}

fn build(arguments: &[&str], directory: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    // No package is named, so that dependencies have the same features as in the tests and in a release, and are compiled once.
    cargo.args(["build", "--manifest-path", manifest, "--bin", "aether-server"]).args(arguments);
    if !cargo.status()?.success() {
        return Err("the server cannot be built".into());
    }
    Ok(directory.join("aether-server"))
}

/// The directory of programs that were built in the same profile.
fn profile() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.parent().ok_or("no directory")?.to_owned())
}
