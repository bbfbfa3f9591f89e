//! The programs and libraries on which a number of instructions depends.
//!
//! The model of the processor is not one of them: to a program, Valgrind presents the same one on all x86-64 machines with AVX2.

use std::process::Command;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::Result;

/// The versions, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain(IndexMap<String, String>);

impl Toolchain {
    /// Reads the versions on this machine. The C compiler compiles SQLite and the cryptography; the C library allocates and copies.
    ///
    /// # Errors
    /// Fails if a program does not tell its version.
    pub fn read() -> Result<Self> {
        let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let versions = [
            ("rustc", line("rustc", &["--version"], "")?),
            ("host", line("rustc", &["--version", "--verbose"], "host: ")?),
            ("cc", line(&cc, &["--version"], "")?),
            ("libc", line("getconf", &["GNU_LIBC_VERSION"], "")?),
            ("valgrind", line("valgrind", &["--version"], "")?),
        ];
        Ok(Self(versions.into_iter().map(|(name, version)| (name.to_owned(), version)).collect()))
    }

    /// The versions of this toolchain that differ in `present`.
    pub fn differences(&self, present: &Self) -> Vec<String> {
        let of = |toolchain: &Self, name: &str| toolchain.0.get(name).cloned().unwrap_or_else(|| "none".to_owned());
        let names = self.0.keys().filter(|name| of(self, name) != of(present, name));
        names.map(|name| format!("{name}: {} instead of {}", of(present, name), of(self, name))).collect()
    }
}

/// The rest of the first line of a program's output that has a prefix.
fn line(program: &str, arguments: &[&str], prefix: &str) -> Result<String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find_map(|line| line.strip_prefix(prefix));
    Ok(line.ok_or_else(|| format!("{program} does not tell its version"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(rustc: &str) -> Toolchain {
        Toolchain(IndexMap::from([("rustc".into(), rustc.into()), ("host".into(), "here".into())]))
    }

    #[test]
    fn difference_names_both_versions() {
        assert_eq!(toolchain("1.2").differences(&toolchain("1.3")), ["rustc: 1.3 instead of 1.2"]);
        assert!(toolchain("1.2").differences(&toolchain("1.2")).is_empty());
    }
}
