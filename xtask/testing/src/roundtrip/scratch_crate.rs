//! The crate that a stub is compiled in: a workspace of its own below the target folder, with the versions that the
//! repository has locked and the artifacts that were compiled before.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use dropstub_checks::check::Account;
use dropstub_document::Document;

/// A stub that was compiled, as a program.
#[derive(Debug)]
pub(super) struct Package {
    folder: PathBuf,
    program: PathBuf,
}

const MAIN: &str = r#"//! Prints the stub's account of itself, or what its types and rules make of values.

#[allow(warnings, clippy::all, clippy::pedantic)]
mod stub;

fn main() {
    if std::env::args().nth(1).as_deref() != Some("witness") {
        println!("{}", stub::account());
        return;
    }
    for line in std::io::stdin().lines() {
        let line: serde_json::Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let name = line["schema"].as_str().expect("a name");
        println!("{}", serde_json::to_string(&stub::witness(name, &line["value"])).expect("JSON"));
    }
}
"#;

impl Package {
    /// Writes and compiles the crate. Where that fails, the compiler's first words say why.
    pub(super) fn build(root: &Path, document: &Document, source: &str) -> Result<Self, String> {
        let name = slug(&document.name);
        let target = root.join("target");
        let folder = self::folder(root).join(&name);
        let stub = root.join("server/runtime");
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            // What is as it was is not compiled again.
            if fs::read_to_string(&path).is_ok_and(|found| found == text) {
                return Ok(());
            }
            fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
        };
        fs::create_dir_all(folder.join("src")).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        write("Cargo.toml", &manifest(&name, &stub))?;
        // Cargo takes out what the crate does not need, so it is by its time that a lock file is known to be old.
        let (lock, locked) = (root.join("Cargo.lock"), folder.join("Cargo.lock"));
        let made = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
        if made(&locked) < made(&lock) {
            fs::copy(&lock, &locked).map_err(|error| format!("cannot copy {}: {error}", lock.display()))?;
        }
        write("src/main.rs", MAIN)?;
        write("src/stub.rs", source)?;
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(&folder)
            .args(["build", "--quiet", "--target-dir"])
            .arg(&target)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let first: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).take(12).collect();
            return Err(format!("the stub does not compile: {}", first.join("\n    ")));
        }
        Ok(Self { program: target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)), folder })
    }

    /// The stub's account of itself. What dropshot emits is kept beside the crate, too.
    pub(super) fn account(&self) -> Result<Account, String> {
        let output = Command::new(&self.program)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run the stub: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the stub panics: {}", said.trim().lines().next().unwrap_or_default()));
        }
        let account: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let emitted = format!("{:#}\n", account["document"]);
        fs::write(self.folder.join("emitted.json"), emitted).map_err(|error| error.to_string())?;
        serde_json::from_value(account).map_err(|error| error.to_string())
    }

    /// What the types and rules make of values of component schemas.
    pub(super) fn witness(&self, values: &[Value]) -> Result<Vec<Value>, String> {
        let mut program = Command::new(&self.program)
            .arg("witness")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run the stub: {error}"))?;
        let mut stdin = program.stdin.take().ok_or("the stub has no input")?;
        let lines = values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        // Written beside, or both sides could wait for each other.
        let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = program.wait_with_output().map_err(|error| error.to_string())?;
        let written = writer.join().map_err(|_| "the writer panicked".to_owned())?;
        written.map_err(|error| format!("the stub went away: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let read = text.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
        read.map_err(|error| error.to_string())
    }
}

/// Where the crates are.
pub(super) fn folder(root: &Path) -> PathBuf {
    root.join("target/roundtrip")
}

/// The name of the crate, by the name of the document.
fn slug(name: &str) -> String {
    let stem = Path::new(name).file_stem().map_or_else(|| "document".into(), |stem| stem.to_string_lossy());
    let letters = stem.chars().map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' });
    format!("roundtrip-{}", letters.collect::<String>().trim_matches('-'))
}

/// The manifest of the crate. The profile of all else is in the repository's `.cargo/config.toml`, which holds here, too:
/// what was compiled there serves here.
fn manifest(name: &str, stub: &Path) -> String {
    let stub = Value::from(stub.display().to_string());
    format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
chrono = {{ version = "0.4", default-features = false, features = ["clock", "serde", "std"] }}
dropshot = "0.18"
dropstub-runtime = {{ path = {stub} }}
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
