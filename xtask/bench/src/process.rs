//! Programs under measurement: child processes that print their address.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{Result, proc};

/// The line with the address, which every program prints when it serves.
const READY: &str = "Listening on http://";

/// A running program with its working directory, which is removed at the end.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    address: String,
    directory: TempDir,
}

impl Program {
    /// Starts a program in a directory and waits for its address. Standard error goes to a file in the directory.
    ///
    /// # Errors
    /// Fails if the program ends before it serves.
    pub fn start(name: &str, mut command: Command, directory: TempDir) -> Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log_of(directory.path()))?;
        let mut child = command.current_dir(directory.path()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let address = BufReader::new(output)
            .lines()
            .map_while(std::io::Result::ok)
            .find_map(|line| Some(line.strip_prefix(READY)?.to_owned()));
        let Some(address) = address else {
            let status = child.wait()?;
            let log = std::fs::read_to_string(log_of(directory.path()))?;
            return Err(format!("{name} ended with {status}: {log}").into());
        };
        Ok(Self { name: name.to_owned(), child, address, directory })
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host and the port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The working directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The processor time so far, in microseconds.
    ///
    /// # Errors
    /// Fails if the process has ended.
    pub fn cpu_micros(&self) -> Result<u64> {
        proc::cpu_micros(self.child.id())
    }

    /// The memory.
    ///
    /// # Errors
    /// Fails if the process has ended.
    pub fn memory(&self) -> Result<proc::Memory> {
        proc::memory(self.child.id())
    }

    /// Empties the log. Returns the number of lines that the program reports as dropped.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn take_dropped_lines(&self) -> Result<u64> {
        let path = log_of(self.directory.path());
        let dropped = dropped_lines(BufReader::new(File::open(&path)?))?;
        OpenOptions::new().write(true).open(path)?.set_len(0)?;
        Ok(dropped)
    }

    /// Ends the program with a signal. Returns its directory.
    ///
    /// # Errors
    /// Fails if the process cannot be signalled.
    pub fn end(mut self, signal: Signal) -> Result<TempDir> {
        signal_child(&self.child, signal)?;
        self.child.wait()?;
        let rest = TempDir::new_in(self.directory.path().parent().ok_or("no parent directory")?)?;
        Ok(std::mem::replace(&mut self.directory, rest))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has no state to keep.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a child that was not waited for.
///
/// # Errors
/// Fails if the process cannot be signalled.
pub fn signal_child(child: &Child, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(i32::try_from(child.id())?).ok_or("no process")?;
    Ok(kill_process(pid, signal)?)
}

fn log_of(directory: &Path) -> PathBuf {
    directory.join("log")
}

fn dropped_lines(log: impl BufRead) -> Result<u64> {
    let mut dropped = 0;
    for line in log.split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        if let Some((_, count)) = text.split_once("log lines were dropped count=") {
            dropped += count.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_lines_are_added() {
        let log = "t INFO access status=200\nt WARN log lines were dropped count=3\nt WARN log lines were dropped count=4 x=1\n";
        assert_eq!(dropped_lines(log.as_bytes()).unwrap(), 7);
    }
}
