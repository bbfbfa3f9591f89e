//! The released contracts with their programs.

use std::fs;
use std::path::{Path, PathBuf};

use dropstub::Failure;
use dropstub_document::Document;
use semver::Version;

/// The released contracts, relative to the root of the repository.
pub const CONTRACTS: &str = "openapi/released";
/// The programs, relative to the root of the repository.
pub const PROGRAMS: &str = "xtask/released/programs";

/// A released contract.
#[derive(Debug)]
pub struct Release {
    /// The version in the name of its file.
    pub version: Version,
    /// The contract. Its name is relative to the root of the repository.
    pub contract: Document,
    /// The path of its program.
    pub program: PathBuf,
}

/// Reads the released contracts of a repository, oldest first.
///
/// # Errors
/// Fails if there is no contract, if one cannot be read, or if a contract has no program or a program no contract.
pub fn releases(root: &Path) -> Result<Vec<Release>, Failure> {
    let contracts = versions(&root.join(CONTRACTS), "yaml")?;
    let programs = versions(&root.join(PROGRAMS), "rs")?;
    if contracts.is_empty() {
        return Err(Failure::new(format!("no released contract (VERSION.yaml) in {CONTRACTS}")));
    }
    if let Some(version) = contracts.iter().find(|version| !programs.contains(version)) {
        return Err(Failure::new(format!("{CONTRACTS}/{version}.yaml has no program; write {PROGRAMS}/{version}.rs")));
    }
    if let Some(version) = programs.iter().find(|version| !contracts.contains(version)) {
        return Err(Failure::new(format!("{PROGRAMS}/{version}.rs has no contract {CONTRACTS}/{version}.yaml")));
    }
    contracts.into_iter().map(|version| read(root, version)).collect()
}

fn read(root: &Path, version: Version) -> Result<Release, Failure> {
    let name = format!("{CONTRACTS}/{version}.yaml");
    let contract = Document::parse(name.as_str(), fs::read_to_string(root.join(&name))?)?;
    let program = root.join(PROGRAMS).join(format!("{version}.rs"));
    Ok(Release { version, contract, program })
}

/// The versions that the files of a directory with an extension are named after, in order.
fn versions(directory: &Path, extension: &str) -> Result<Vec<Version>, Failure> {
    let entries = fs::read_dir(directory)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", directory.display())))?;
    let mut versions = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|found| found != extension) {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let version = Version::parse(stem)
            .map_err(|error| Failure::new(format!("{}: the name is no version: {error}", path.display())))?;
        versions.push(version);
    }
    versions.sort();
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const CONTRACT: &str = "openapi: 3.0.3\ninfo: {title: t, version: 1.0.0}\npaths: {}\n";

    /// A repository with released contracts and programs.
    fn repository(contracts: &[&str], programs: &[&str]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (directory, names, contents) in [(CONTRACTS, contracts, CONTRACT), (PROGRAMS, programs, "")] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
            names.iter().for_each(|name| fs::write(root.path().join(directory).join(name), contents).unwrap());
        }
        root
    }

    #[test]
    fn releases_are_read_oldest_first() {
        let root = repository(&["1.10.0.yaml", "1.9.0.yaml", "README.md"], &["1.9.0.rs", "1.10.0.rs"]);
        let found = releases(root.path()).unwrap();
        let names: Vec<_> = found.iter().map(|release| release.contract.name.as_str()).collect();
        assert_eq!(names, ["openapi/released/1.9.0.yaml", "openapi/released/1.10.0.yaml"]);
        assert!(found.iter().all(|release| release.program.is_file()));
    }

    #[test]
    fn contract_and_program_without_each_other_are_errors_by_name() {
        for (contracts, programs, expected) in [
            (
                &["1.0.0.yaml", "1.1.0.yaml"][..],
                &["1.0.0.rs"][..],
                "openapi/released/1.1.0.yaml has no program; write xtask/released/programs/1.1.0.rs",
            ),
            (
                &["1.0.0.yaml"],
                &["1.0.0.rs", "2.0.0.rs"],
                "xtask/released/programs/2.0.0.rs has no contract openapi/released/2.0.0.yaml",
            ),
            (&[], &[], "no released contract (VERSION.yaml) in openapi/released"),
        ] {
            let root = repository(contracts, programs);
            assert_eq!(releases(root.path()).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn file_that_is_not_named_after_a_version_is_an_error() {
        let root = repository(&["1.0.0.yaml", "next.yaml"], &["1.0.0.rs"]);
        let error = releases(root.path()).unwrap_err().to_string();
        assert!(error.contains("next.yaml: the name is no version"), "{error}");
    }
}
