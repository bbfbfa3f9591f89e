//! The crate that a stub is compiled in: a workspace of its own below the target directory, so that compiled dependencies are
//! shared.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use dropstub_checks::check::Manifest;
use dropstub_document::Document;

use super::Settings;

/// A compiled stub.
#[derive(Debug)]
pub(super) struct ScratchCrate {
    directory: PathBuf,
    program: PathBuf,
}

const MAIN: &str = r#"//! Prints the manifest of the stub, or the evaluations of values.

#[allow(warnings, clippy::all, clippy::pedantic)]
mod stub;

fn main() {
    if std::env::args().nth(1).as_deref() != Some("evaluate") {
        println!("{}", stub::manifest());
        return;
    }
    for line in std::io::stdin().lines() {
        let line: serde_json::Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let name = line["schema"].as_str().expect("a name");
        println!("{}", serde_json::to_string(&stub::evaluate(name, &line["value"])).expect("JSON"));
    }
}
"#;

impl ScratchCrate {
    /// Writes and compiles the crate. The error starts with the compiler's first lines.
    pub(super) fn build(settings: &Settings, document: &Document, source: &str) -> Result<Self, String> {
        let name = slug(&document.name);
        let directory = self::directory(settings).join(&name);
        let write = |path: &str, text: &str| {
            let path = directory.join(path);
            // An unchanged file is not compiled again.
            if fs::read_to_string(&path).is_ok_and(|found| found == text) {
                return Ok(());
            }
            fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
        };
        fs::create_dir_all(directory.join("src"))
            .map_err(|error| format!("cannot create {}: {error}", directory.display()))?;
        write("Cargo.toml", &cargo_manifest(&name, &settings.runtime))?;
        if let Some(lock) = &settings.lock {
            // Cargo removes unused packages from the copy, so only its age tells whether it is outdated.
            let locked = directory.join("Cargo.lock");
            let modified = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
            if modified(&locked) < modified(lock) {
                fs::copy(lock, &locked).map_err(|error| format!("cannot copy {}: {error}", lock.display()))?;
            }
        }
        write("src/main.rs", MAIN)?;
        write("src/stub.rs", source)?;
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(&directory)
            .args(["build", "--quiet", "--target-dir"])
            .arg(&settings.target)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            let first: Vec<_> = errors.lines().filter(|line| !line.trim().is_empty()).take(12).collect();
            return Err(first.join("\n    "));
        }
        let program = settings.target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Ok(Self { directory, program })
    }

    /// The manifest of the stub. The emitted document is also written to `emitted.json` in the crate.
    pub(super) fn manifest(&self) -> Result<Manifest, String> {
        let output = Command::new(&self.program)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run the stub: {error}"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the stub panics: {}", errors.trim().lines().next().unwrap_or_default()));
        }
        let manifest: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let emitted = format!("{:#}\n", manifest["document"]);
        fs::write(self.directory.join("emitted.json"), emitted).map_err(|error| error.to_string())?;
        serde_json::from_value(manifest).map_err(|error| error.to_string())
    }

    /// The evaluations of values of component schemas.
    pub(super) fn evaluate(&self, values: &[Value]) -> Result<Vec<Value>, String> {
        let mut program = Command::new(&self.program)
            .arg("evaluate")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run the stub: {error}"))?;
        let mut stdin = program.stdin.take().ok_or("the stub has no input")?;
        let lines = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        // On a thread of its own, because both sides would otherwise wait for each other.
        let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = program.wait_with_output().map_err(|error| error.to_string())?;
        let written = writer.join().map_err(|_| "the writer panicked".to_owned())?;
        written.map_err(|error| format!("the stub ended: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let read = text.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
        read.map_err(|error| error.to_string())
    }
}

/// The directory of the crates.
pub(super) fn directory(settings: &Settings) -> PathBuf {
    settings.target.join("roundtrip")
}

/// The name of the crate, from the name of the document.
fn slug(name: &str) -> String {
    let stem = Path::new(name).file_stem().map_or_else(|| "document".into(), |stem| stem.to_string_lossy());
    let characters = stem.chars().map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' });
    format!("roundtrip-{}", characters.collect::<String>().trim_matches('-'))
}

/// The crate's `Cargo.toml`. In a repository whose `.cargo/config.toml` sets profiles, they apply to the crate, too.
fn cargo_manifest(name: &str, runtime: &str) -> String {
    format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
chrono = {{ version = "0.4", default-features = false, features = ["clock", "serde", "std"] }}
dropshot = "0.18"
dropstub-runtime = {runtime}
http = "1"
indexmap = {{ version = "2", features = ["serde"] }}
schemars = {{ version = "0.8", features = ["chrono", "indexmap2", "uuid1"] }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = {{ version = "1", features = ["preserve_order"] }}
uuid = {{ version = "1", features = ["serde", "v7"] }}

[profile.dev.package.{name}]
debug = false
incremental = false
"#
    )
}
