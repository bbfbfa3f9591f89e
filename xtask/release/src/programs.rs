//! The programs, with the files that they write about themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tree::{Tree, read};
use crate::{Result, output};

/// The names of the programs.
pub(crate) const NAMES: [&str; 2] = ["aether-server", "aether"];

/// The shells, with the paths of their completions; `NAME` is the program.
pub(crate) const SHELLS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/NAME"),
    ("fish", "share/fish/vendor_completions.d/NAME.fish"),
    ("zsh", "share/zsh/site-functions/_NAME"),
];

/// The directory of the programs.
#[derive(Debug)]
pub(crate) struct Programs {
    directory: PathBuf,
    /// Whether this machine can run them.
    is_native: bool,
}

/// The target of this machine.
///
/// # Errors
/// Fails if rustc does not tell.
pub(crate) fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV has no host")?.to_owned())
}

impl Programs {
    /// The programs in a directory.
    ///
    /// # Errors
    /// Fails if one is missing.
    pub(crate) fn in_directory(directory: &Path) -> Result<Self> {
        for name in NAMES {
            fs::metadata(directory.join(name))
                .map_err(|error| format!("{}: {error}", directory.join(name).display()))?;
        }
        Ok(Self { directory: directory.canonicalize()?, is_native: true })
    }

    /// Builds the programs in release, for `target` or for this machine.
    ///
    /// # Errors
    /// Fails if they cannot be built.
    pub(crate) fn build(root: &Path, target: Option<&str>) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        // No package is named, so that dependencies have the same features as in the tests.
        cargo.current_dir(root).args(["build", "--quiet", "--release", "--locked"]);
        cargo.args(NAMES.iter().flat_map(|name| ["--bin", name]));
        cargo.args(target.iter().flat_map(|target| ["--target", target]));
        let status = cargo.status()?;
        if !status.success() {
            return Err(format!("the programs cannot be built: {status}").into());
        }
        let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?;
        let directory = metadata.target_directory.as_std_path().join(target.unwrap_or_default()).join("release");
        Ok(Self { directory, is_native: target.is_none_or(|target| host().is_ok_and(|host| host == target)) })
    }

    /// Adds the programs, and the completions and manual pages that they write.
    ///
    /// # Errors
    /// Fails if a program fails, or cannot run on this machine.
    pub(crate) fn add(&self, tree: &mut Tree) -> Result<()> {
        if !self.is_native {
            return Err("the programs of another target cannot write their manual pages here".into());
        }
        for name in NAMES {
            let program = self.directory.join(name);
            tree.add_program(&format!("bin/{name}"), read(&program)?);
            for (shell, path) in SHELLS {
                let script = output(Command::new(&program).args(["completions", shell]))?;
                tree.add(&path.replace("NAME", name), script.into_bytes());
            }
            let pages = tempfile::tempdir()?;
            output(Command::new(&program).arg("man").arg(pages.path()))?;
            for page in fs::read_dir(pages.path())? {
                let page = page?;
                tree.add(&format!("share/man/man1/{}", page.file_name().display()), read(&page.path())?);
            }
        }
        Ok(())
    }
}
