//! The documentation of a library as JSON, and its public items.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::Result;

/// Documents the library of a package with all its features. Returns the path of the JSON.
///
/// # Errors
/// Fails if cargo cannot document it.
pub fn document(package: &str, root: &Path, target: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "--package", package]);
    cargo.arg("--target-dir").arg(target).args(["--", "-Z", "unstable-options", "--output-format", "json"]);
    // The format is unstable, and the repository has no nightly toolchain.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    if !cargo.status()?.success() {
        return Err(format!("{package} cannot be documented").into());
    }
    Ok(target.join("doc").join(package.replace('-', "_")).with_extension("json"))
}

/// The public items of documentation in JSON, one per line.
///
/// Blanket implementations and those of auto traits are omitted, because they are more than all other items together. So the loss of
/// `Send` is not a difference.
///
/// # Errors
/// Fails if the file is not JSON of the supported format.
pub fn public_items(json: &Path) -> Result<String> {
    let api = public_api::Builder::from_rustdoc_json(json).omit_auto_trait_impls(true).omit_blanket_impls(true);
    Ok(api.build()?.to_string())
}

/// The reason why JSON cannot be read, if the compiler has written it in another format.
///
/// # Errors
/// Fails if it is not the JSON of rustdoc.
pub fn other_format(json: &[u8]) -> Result<Option<String>> {
    /// The field that all formats have.
    #[derive(Deserialize)]
    struct Format {
        format_version: u32,
    }
    let (written, read) = (serde_json::from_slice::<Format>(json)?.format_version, rustdoc_types::FORMAT_VERSION);
    if written == read {
        return Ok(None);
    }
    let compiler = Command::new("rustc").arg("--version").output()?.stdout;
    let compiler = String::from_utf8_lossy(&compiler);
    Ok(Some(format!("{} writes documentation in format {written} instead of {read}", compiler.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_format_is_named() {
        let read = rustdoc_types::FORMAT_VERSION;
        let format = |version| other_format(format!(r#"{{"root":1,"format_version":{version}}}"#).as_bytes()).unwrap();
        assert_eq!(format(read), None);
        let reason = format(read + 1).unwrap();
        assert!(reason.ends_with(&format!("in format {} instead of {read}", read + 1)), "{reason}");
        assert!(reason.starts_with("rustc "), "{reason}");
        other_format(b"{}").unwrap_err();
    }
}
