//! A server under Callgrind, which counts the instructions of all its threads in user space.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::Result;
use crate::process::Program;

/// The program.
pub const PROGRAM: &str = "valgrind";

/// A server that is counted from its start to its end.
#[derive(Debug)]
pub struct CountedServer {
    program: Program,
    profile: PathBuf,
}

impl CountedServer {
    /// Starts a server with a new database below `directory` and further arguments. At the end, its profile is at `profile`.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub fn start(server: &Path, arguments: &[&str], directory: &Path, profile: PathBuf) -> Result<Self> {
        let mut command = Command::new(PROGRAM);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // Several threads would look for work in vain, depending on the time.
        command.env("TOKIO_WORKER_THREADS", "1");
        command.args(["--tool=callgrind", &format!("--callgrind-out-file={}", profile.display())]);
        command.arg(server).args(["--listen", "127.0.0.1:0", "--rate-limit", "off"]).args(arguments);
        let program = Program::start("the server under Callgrind", command, TempDir::new_in(directory)?)?;
        Ok(Self { program, profile })
    }

    /// The host and the port.
    pub fn address(&self) -> &str {
        self.program.address()
    }

    /// The owner token of the first organization.
    ///
    /// # Errors
    /// Fails if it cannot be read.
    pub fn owner_token(&self) -> Result<String> {
        Ok(fs::read_to_string(self.program.directory().join("aether-owner.token"))?.trim().to_owned())
    }

    /// Stops the server. Returns the number of its instructions.
    ///
    /// # Errors
    /// Fails if there is no profile.
    pub fn stop(self) -> Result<u64> {
        self.program.end(Signal::TERM)?;
        total(&fs::read_to_string(&self.profile)?).ok_or_else(|| "the profile has no total".into())
    }
}

fn total(profile: &str) -> Option<u64> {
    profile.lines().rev().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_is_read_from_the_end_of_a_profile() {
        assert_eq!(total("events: Ir\n\nfn=(1) main\n5 7\n\ntotals: 7\n"), Some(7));
        assert_eq!(total("events: Ir\n"), None, "the server was killed");
    }
}
