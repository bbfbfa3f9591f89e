//! The texts of the licences of the linked crates.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Package;
use spdx::expression::{ExprNode, Expression};

use crate::Result;
use crate::packages::Packages;
use crate::tree::{Tree, read};

/// The beginnings of the names of files with licences.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// The ends of the names of files with text.
const TEXTS: [&str; 4] = ["", "md", "txt", "html"];
/// The bytes of the shortest text of a licence.
const SHORTEST: usize = 500;
/// The depth to which a crate is searched: the crates of C libraries have those of the libraries in directories.
const DEPTH: usize = 4;

/// Adds the licences of the project, of its renderer and of each linked crate.
///
/// # Errors
/// Fails with the names of the crates that neither have a text nor name a known licence.
pub(crate) fn add(tree: &mut Tree, root: &Path, packages: &Packages) -> Result<()> {
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        tree.add(name, read(&root.join(name))?);
    }
    for name in ["LICENSE", "NOTICE", "THIRD-PARTY.txt"] {
        tree.add(&format!("swagger-ui/{name}"), read(&root.join("server/assets/swagger-ui").join(name))?);
    }
    let mut missing = Vec::new();
    for package in packages.crates() {
        let texts = texts(package)?;
        if texts.is_empty() {
            missing.push(format!("{} {}", package.name, package.version));
        }
        for (name, text) in texts {
            tree.add(&format!("{}-{}/{name}", package.name, package.version), text);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("crates without a licence: {}", missing.join(", ")).into()) }
}

/// The texts of a crate's licences by the names of their files: those that it has, else those of its expression.
fn texts(package: &Package) -> Result<Vec<(String, Vec<u8>)>> {
    let directory = package.manifest_path.parent().ok_or("a manifest is in a directory")?.as_std_path();
    let mut paths = Vec::new();
    collect(directory, DEPTH, &mut paths)?;
    paths.extend(package.license_file().map(PathBuf::from).filter(|path| path.is_file()));
    paths.sort();
    paths.dedup();
    let (mut texts, mut has_own) = (Vec::new(), false);
    for path in paths {
        let (name, text) = (path.strip_prefix(directory).unwrap_or(&path), read(&path)?);
        // A file in a directory is that of a part, and a short one only names a licence.
        has_own |= path.parent() == Some(directory) && text.len() >= SHORTEST;
        texts.push((name.display().to_string(), text));
    }
    if !has_own {
        texts.extend(standard_texts(package.license.as_deref().unwrap_or_default(), &package.authors));
    }
    Ok(texts)
}

fn collect(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && depth > 1 {
            collect(&path, depth - 1, found)?;
        } else if kind.is_file() && is_licence(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_uppercase();
    // The end of `LICENSE-MIT` or of `LICENSE.Apache-2.0` is a part of the name.
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let is_text = TEXTS.contains(&end) || name.contains("LICENSE.") && !is_source(end);
    NAMES.iter().any(|prefix| name.starts_with(prefix)) && is_text
}

fn is_source(end: &str) -> bool {
    ["rs", "c", "h", "py", "go", "js", "json", "toml", "spdx"].contains(&end)
}

/// The standard texts of the licences and the exceptions in an SPDX expression, with the authors of the crate.
fn standard_texts(expression: &str, authors: &[String]) -> Vec<(String, Vec<u8>)> {
    let Ok(expression) = Expression::parse_mode(expression, spdx::ParseMode::LAX) else { return Vec::new() };
    let mut texts = Vec::new();
    for node in expression.iter() {
        let ExprNode::Req(requirement) = node else { continue };
        if let Some(id) = requirement.req.license.id() {
            texts.push((format!("{}.txt", id.name), id.text()));
        }
        if let Some(spdx::AdditionItem::Spdx(exception)) = &requirement.req.addition {
            texts.push((format!("{}.txt", exception.name), exception.text()));
        }
    }
    let authors = if authors.is_empty() { String::new() } else { format!("Authors: {}\n\n", authors.join(", ")) };
    texts.into_iter().map(|(name, text)| (name, format!("{authors}{text}").into_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_files_are_found_by_their_names() {
        let names =
            ["LICENSE", "license-mit", "LICENSE.md", "LICENCE.txt", "COPYING", "NOTICE.txt", "LICENSE.Apache-2.0"];
        for name in names {
            assert!(is_licence(Path::new(name)), "{name}");
        }
        for name in ["license.rs", "Cargo.toml", "README.md", "notice.json", "copyright.py"] {
            assert!(!is_licence(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn expression_gives_the_text_of_each_licence_and_exception() {
        let names = |expression: &str| -> Vec<_> {
            standard_texts(expression, &["A. Author".to_owned()])
                .into_iter()
                .map(|(name, text)| {
                    assert!(text.starts_with(b"Authors: A. Author\n\n") && text.len() > 300, "{name}");
                    name
                })
                .collect()
        };
        assert_eq!(names("MIT OR Zlib"), ["MIT.txt", "Zlib.txt"]);
        assert_eq!(names("MIT/Zlib"), ["MIT.txt", "Zlib.txt"]);
        assert_eq!(names("Apache-2.0 WITH LLVM-exception"), ["Apache-2.0.txt", "LLVM-exception.txt"]);
        assert!(names("").is_empty() && names("Unheard-of").is_empty());
    }

    #[test]
    fn crate_without_a_licence_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let mut packages = Packages::linked(root, &crate::programs::host().unwrap()).unwrap();
        add(&mut Tree::default(), root, &packages).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let package = packages.find_mut("libsqlite3-sys");
        package.manifest_path = directory.path().join("Cargo.toml").try_into().unwrap();
        (package.license, package.license_file) = (None, None);
        let error = add(&mut Tree::default(), root, &packages).unwrap_err().to_string();
        assert!(error.starts_with("crates without a licence: libsqlite3-sys "), "{error}");
    }
}
