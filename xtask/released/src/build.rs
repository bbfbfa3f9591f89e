//! The crate of a released client: a workspace of its own below the target directory, with the versions of the
//! repository's lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dropstub::{Failure, generated};
use heck::ToSnakeCase;
use serde_json::Value;
use xtask::client;

use crate::release::Release;

/// The directory of the crates below the target directory.
const DIRECTORY: &str = "released";
/// The directory of the layer, relative to the root of the repository.
const LAYER: &str = "xtask/released/layer";
/// The files of the layer.
const LAYER_FILES: [&str; 3] = ["error.rs", "main.rs", "transport.rs"];
/// The directory of the client's hand-written files, relative to the root of the repository.
const CLIENT: &str = "client/src";
/// The hand-written files that the generated operations need, and that do not depend on the contract.
const CLIENT_FILES: [&str; 2] = ["secret.rs", "support.rs"];

/// Writes and builds the crate of a released client. Returns its program.
///
/// # Errors
/// Fails if the generator does not support the contract, or if the crate does not compile.
pub fn build(root: &Path, release: &Release) -> Result<PathBuf, Failure> {
    let target = root.join("target");
    let name = format!("released-{}", release.version.to_string().replace(['.', '+'], "-"));
    let directory = target.join(DIRECTORY).join(release.version.to_string());
    fs::create_dir_all(directory.join("src"))?;
    // An unchanged file is not compiled again.
    let write = |path: &str, text: &str| generated::write(&directory.join(path), text).map(drop);
    let copy = |from: &Path, path: &str| write(path, &read(from)?).map_err(Failure::from);
    write("Cargo.toml", &manifest(&name))?;
    copy(&root.join("Cargo.lock"), "Cargo.lock")?;
    let api = generated::parse_api(&release.contract)?;
    let header = generated::header("cargo xtask released", &release.contract.name, &release.contract.value);
    write("src/generated.rs", &client::generate(&release.contract, &api, &header)?)?;
    write("src/contract.rs", &operations(&release.contract.value)?)?;
    copy(&release.program, "src/program.rs")?;
    for file in LAYER_FILES {
        copy(&root.join(LAYER).join(file), &format!("src/{file}"))?;
    }
    for file in CLIENT_FILES {
        copy(&root.join(CLIENT).join(file), &format!("src/{file}"))?;
    }
    compile(&directory, &target)
        .map_err(|error| Failure::new(format!("{}: its client does not compile:\n{error}", release.contract.name)))?;
    Ok(target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

fn read(path: &Path) -> Result<String, std::io::Error> {
    fs::read_to_string(path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display())))
}

/// The manifest of a crate. The features are those of the client, without TLS.
fn manifest(name: &str) -> String {
    format!(
        r#"[package]
name = "{name}"
edition = "2024"
publish = false

[workspace]

[dependencies]
chrono = {{ version = "0.4", default-features = false, features = ["now", "serde", "std"] }}
http = "1"
percent-encoding = "2"
regress = "0.11"
reqwest = {{ version = "0.13", default-features = false, features = ["form", "json", "query"] }}
secrecy = "0.10"
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
tokio = {{ version = "1", default-features = false, features = ["macros", "rt"] }}
uuid = {{ version = "1", features = ["serde", "v4"] }}
"#
    )
}

/// The source of the operations of a contract with their documented statuses.
fn operations(contract: &Value) -> Result<String, Failure> {
    let mut lines = Vec::new();
    let items = contract["paths"].as_object().into_iter().flatten();
    for (_, operation) in items.filter_map(|(_, item)| item.as_object()).flatten() {
        let Some(id) = operation["operationId"].as_str() else { continue };
        let mut statuses = Vec::new();
        for (status, _) in operation["responses"].as_object().into_iter().flatten() {
            let number = status.parse::<u16>();
            let number = number.map_err(|_| Failure::new(format!("{id}: the status {status} is no number")))?;
            statuses.push(number.to_string());
        }
        lines.push(format!("    (\"{}\", &[{}]),", id.to_snake_case(), statuses.join(", ")));
    }
    Ok(format!(
        "//! The operations of the contract.\n\n\
         /// The operations with their documented statuses.\n\
         pub const OPERATIONS: &[(&str, &[u16])] = &[\n{}\n];\n",
        lines.join("\n")
    ))
}

/// Builds the crate. The error is the compiler's output.
fn compile(directory: &Path, target: &Path) -> Result<(), String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(directory)
        // Offline, because a version that is not in the repository's lock file would be a different client.
        .args(["build", "--quiet", "--offline", "--target-dir"])
        .arg(target)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::operations;

    #[test]
    fn operations_have_their_documented_statuses() {
        let get = json!({"operationId": "getJob", "responses": {"200": {}, "404": {}}});
        let source = operations(&json!({"paths": {"/jobs": {"parameters": [], "get": get}}})).unwrap();
        assert!(source.contains(r#"("get_job", &[200, 404]),"#), "{source}");
    }

    #[test]
    fn status_that_is_no_number_is_an_error() {
        let get = json!({"operationId": "getJob", "responses": {"default": {}}});
        let error = operations(&json!({"paths": {"/jobs": {"get": get}}})).unwrap_err();
        assert_eq!(error.to_string(), "getJob: the status default is no number");
    }
}
