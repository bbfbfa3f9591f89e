//! The packages that are linked into the programs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::{Result, output};

/// The packages of the programs.
pub(crate) const PROGRAMS: [&str; 2] = ["aether-server", "aether-client-cli"];

/// A name and a version.
pub(crate) type Key = (String, String);

/// The packages that are linked into the programs, with their direct dependencies.
#[derive(Debug)]
pub(crate) struct Packages {
    packages: BTreeMap<Key, Package>,
    pub(crate) dependencies: BTreeMap<Key, BTreeSet<Key>>,
}

impl Packages {
    /// The packages of the programs for `target`: without dependencies of tests and of builds, and without macros.
    ///
    /// # Errors
    /// Fails if cargo cannot list them.
    pub(crate) fn linked(root: &Path, target: &str) -> Result<Self> {
        // The features are those of the whole workspace, in which the programs are built.
        let mut tree = Command::new("cargo");
        tree.current_dir(root).args(["tree", "--workspace", "--locked", "--target", target]);
        tree.args(["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "\t{p}"]);
        let dependencies = reachable(&parse(&output(&mut tree)?)?, &PROGRAMS);
        let metadata = MetadataCommand::new().current_dir(root).other_options(["--locked".to_owned()]).exec()?;
        Ok(Self { packages: find(metadata, &dependencies)?, dependencies })
    }

    /// Every package.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    /// The packages of others.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        self.all().filter(|package| package.source.is_some())
    }

    /// A package by its name.
    #[cfg(test)]
    pub(crate) fn find_mut(&mut self, name: &str) -> &mut Package {
        self.packages.values_mut().find(|package| package.name.as_str() == name).expect("the package is linked")
    }

    /// The version of the programs.
    pub(crate) fn version(&self) -> String {
        let server = self.packages.keys().find(|(name, _)| name == PROGRAMS[0]);
        server.map_or_else(String::new, |(_, version)| version.clone())
    }
}

fn find(metadata: Metadata, wanted: &BTreeMap<Key, BTreeSet<Key>>) -> Result<BTreeMap<Key, Package>> {
    let packages = metadata.packages.into_iter();
    let mut all: BTreeMap<_, _> =
        packages.map(|package| ((package.name.to_string(), package.version.to_string()), package)).collect();
    let find = |key: &Key| {
        let package = all.remove(key).ok_or_else(|| format!("cargo metadata lacks {} {}", key.0, key.1))?;
        Ok((key.clone(), package))
    };
    wanted.keys().map(find).collect()
}

/// Parses the output of `cargo tree --prefix depth`: each package with its direct dependencies.
///
/// A package that is listed again has `(*)` in place of its dependencies.
fn parse(tree: &str) -> Result<BTreeMap<Key, BTreeSet<Key>>> {
    let mut dependencies = BTreeMap::<Key, BTreeSet<Key>>::new();
    let mut path: Vec<Key> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let invalid = || format!("cargo tree printed {line:?}");
        let (depth, package) = line.split_once('\t').ok_or_else(invalid)?;
        let mut words = package.split(' ');
        let (name, version) = words.next().zip(words.next()).ok_or_else(invalid)?;
        let key = (name.to_owned(), version.strip_prefix('v').ok_or_else(invalid)?.to_owned());
        path.truncate(depth.parse()?);
        if let Some(parent) = path.last() {
            dependencies.entry(parent.clone()).or_default().insert(key.clone());
        }
        dependencies.entry(key.clone()).or_default();
        path.push(key);
    }
    Ok(dependencies)
}

/// The part of the graph that the packages with these names reach.
fn reachable(graph: &BTreeMap<Key, BTreeSet<Key>>, names: &[&str]) -> BTreeMap<Key, BTreeSet<Key>> {
    let mut waiting: Vec<_> = graph.keys().filter(|(name, _)| names.contains(&name.as_str())).collect();
    let mut found = BTreeMap::new();
    while let Some(key) = waiting.pop() {
        if let Some(dependencies) = graph.get(key).filter(|_| !found.contains_key(key)) {
            found.insert(key.clone(), dependencies.clone());
            waiting.extend(dependencies);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0\tother v0.1.0 (/a/other)\n1\tshared v1.0.0\n2\tdeep v2.0.0\n1\ttest-only v1.0.0\n\n\
                        0\tprogram v0.1.0 (/a/program)\n1\tshared v1.0.0 (*)\n1\tshared v2.0.0\n";

    #[test]
    fn repeated_packages_keep_their_dependencies() {
        let found = reachable(&parse(TREE).unwrap(), &["program"]);
        let key = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let expected = [
            (key("deep", "2.0.0"), [].into()),
            (key("program", "0.1.0"), [key("shared", "1.0.0"), key("shared", "2.0.0")].into()),
            (key("shared", "1.0.0"), [key("deep", "2.0.0")].into()),
            (key("shared", "2.0.0"), [].into()),
        ];
        assert_eq!(found, expected.into());
        parse("no depth").unwrap_err();
    }

    #[test]
    fn linked_packages_have_neither_macros_nor_dependencies_of_tests() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let packages = Packages::linked(root, &crate::programs::host().unwrap()).unwrap();
        let has = |name: &str| packages.all().any(|package| package.name.as_str() == name);
        assert!(["aether-server", "rusqlite", "libsqlite3-sys", "aws-lc-sys", "tokio", "reqwest"].into_iter().all(has));
        assert!(!["serde_derive", "proptest", "rcgen", "cc", "syn", "xtask"].into_iter().any(has));
    }
}
