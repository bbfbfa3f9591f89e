//! The Aether server.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::Result;
use crate::process::Program;

/// The file name of the database.
pub const DATABASE: &str = "aether.db";

/// A configuration under measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant<'n> {
    /// The name for people.
    pub name: &'n str,
    /// The arguments of the server.
    pub arguments: &'static [&'static str],
}

/// The defaults, with the access log.
pub const DEFAULT: Variant<'_> = Variant { name: "Aether", arguments: &[] };

/// Without the access log.
pub const WARN: Variant<'_> = Variant { name: "Aether `--log-level warn`", arguments: &["--log-level", "warn"] };

/// With metrics.
pub const METRICS: Variant<'_> =
    Variant { name: "Aether `--metrics-listen`", arguments: &["--metrics-listen", "127.0.0.1:0"] };

/// Starts the server with the database of a directory.
///
/// # Errors
/// Fails if it does not start.
pub fn start(server: &Path, variant: Variant<'_>, directory: TempDir) -> Result<Program> {
    let mut command = Command::new(server);
    command.args(["--listen", "127.0.0.1:0", "--rate-limit", "off"]).args(variant.arguments).env_clear();
    Program::start(variant.name, command, directory)
}
