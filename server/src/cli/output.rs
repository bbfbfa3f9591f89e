//! The output of the operator's commands.

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

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

/// A progress bar, hidden unless the output is a terminal.
pub(super) fn progress(noun: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}} of {{len}} {noun}, {{eta}} left"));
    ProgressBar::new(total).with_style(style.expect("the template is valid"))
}
