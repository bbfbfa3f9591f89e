//! The hand-rolled peer on node and better-sqlite3.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Result;
use crate::process::Program;
use crate::seed::{PEER, Seed};

/// The package. Version 13 ends with a fault on Node 20.
const PACKAGE: &str = "better-sqlite3@12";

/// The installed peer.
#[derive(Debug, Clone)]
pub struct Peer {
    packages: PathBuf,
}

impl Peer {
    /// Installs the package below a directory.
    ///
    /// # Errors
    /// Fails if there is no node or npm cannot install the package.
    pub fn install(bench: &Path) -> Result<Self> {
        let packages = bench.join("peer");
        if !packages.join("node_modules/better-sqlite3/build").exists() {
            fs::create_dir_all(&packages)?;
            let mut npm = Command::new("npm");
            npm.args(["install", PACKAGE, "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&packages);
            let output = npm.stdin(Stdio::null()).output().map_err(|error| format!("npm: {error}"))?;
            if !output.status.success() {
                return Err(format!("npm cannot install {PACKAGE}").into());
            }
        }
        let peer = Self { packages };
        // A package without its native part is found here.
        let mut node = Command::new("node");
        let loads = node.args(["-e", "require('better-sqlite3')(':memory:')"]).current_dir(&peer.packages);
        let works = loads.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if works { Ok(peer) } else { Err(format!("node cannot load {PACKAGE}").into()) }
    }

    /// Starts the peer with a copy of a seed.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub fn start(&self, seed: &Seed, directory: TempDir) -> Result<Program> {
        seed.copy_peer_to(directory.path())?;
        let mut command = Command::new("node");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/server.mjs")).arg(directory.path().join(PEER));
        command.env("NODE_PATH", self.packages.join("node_modules"));
        Program::start("node:http with better-sqlite3", command, directory)
    }
}
