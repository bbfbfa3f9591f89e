//! The files and packages of this repository. Paths are relative to its root.

use std::path::{Path, PathBuf};

use dropstub::{Defaults, Failure};
use dropstub_document::Document;
use dropstub_testing::roundtrip::Settings;

/// The contract.
pub const CONTRACT: &str = "openapi/aether.yaml";
/// The report on the generator and the check.
pub const REPORT: &str = "xtask/REPORT.md";
/// The list of rules.
pub const RULES: &str = "xtask/RULES.md";
/// The generated server stub.
pub const STUB: &str = "server/api/src/generated.rs";
/// The generated client.
pub const CLIENT: &str = "client/src/generated.rs";
/// The generated mocks of the client's operations.
pub const MOCK: &str = "client/mock/src/generated.rs";
/// The path of the runtime in the server stub.
pub const RUNTIME: &str = "crate::runtime";
/// The program that prints the manifest of the compiled stub.
const MANIFEST: &str = "aether-api-manifest";

/// The root of the repository. `cargo xtask` is always compiled in the repository that it works on.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a directory of the repository").to_path_buf()
}

/// The contract. Its name is relative to the root.
///
/// # Errors
/// Fails if it cannot be read.
pub fn contract() -> Result<Document, Failure> {
    dropstub::default_contract(&root())
}

/// The environment of roundtrips: the repository's runtime, lock file and compiled dependencies.
#[must_use]
pub fn roundtrip_settings() -> Settings {
    let root = root();
    Settings {
        target: root.join("target"),
        runtime: Settings::local_runtime(&root.join("server/runtime")),
        lock: Some(root.join("Cargo.lock")),
    }
}

/// The defaults of `dropstub`'s commands.
#[must_use]
pub fn defaults() -> Defaults {
    let root = root();
    // The workspace is selected by its manifest and no package is named, so that dependencies have the same features as in
    // other builds.
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let manifest = root.join("Cargo.toml").display().to_string();
    let command = [&cargo, "run", "--quiet", "--manifest-path", &manifest, "--bin", MANIFEST];
    Defaults {
        directory: root,
        manifest_command: command.into_iter().map(str::to_owned).collect(),
        generate_hint: "; `cargo xtask generate` writes the stub".to_owned(),
        roundtrip: Some(roundtrip_settings()),
        ..Defaults::default()
    }
}
