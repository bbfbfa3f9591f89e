//! The output of the operator's commands.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::Error;

/// The time for which the end of the process waits for the reader of standard error.
const REPORT: Duration = Duration::from_secs(1);

/// Writes a line to standard error. It neither panics, as `eprintln!` would, nor waits for long without a reader.
pub fn report(line: &str) {
    let (written, is_written) = mpsc::channel();
    let line = format!("{line}\n");
    thread::spawn(move || {
        let _ = io::stderr().write_all(line.as_bytes());
        let _ = written.send(());
    });
    let _ = is_written.recv_timeout(REPORT);
}

/// Requires that the path of an output leads to no file yet. A symbolic link is a file, too, wherever it leads.
pub(super) fn require_new_file(path: &Path) -> Result<(), Error> {
    let problem = match fs::symlink_metadata(path) {
        Ok(file) if file.is_dir() => "it is a directory; give the path of a new file in it",
        Ok(_) => "the file already exists; give the path of a new file",
        // The creation of the file has the same error.
        Err(_) => return Ok(()),
    };
    let source = io::Error::new(io::ErrorKind::AlreadyExists, problem);
    Err(Error::Output { path: path.to_owned(), source })
}

/// Prints a JSON object in a line.
pub(super) fn print(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Prints a warning to standard error. The command goes on, whether or not it can be printed.
pub(super) fn warn(message: &str) {
    let _ = writeln!(io::stderr(), "aether-server: {message}");
}
