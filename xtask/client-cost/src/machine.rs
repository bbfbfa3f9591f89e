//! The machine and the compiler of a run.

use std::process::Command;
use std::{fs, thread};

use crate::Result;

/// One line with the processor and the version of the compiler.
///
/// # Errors
/// Fails if the compiler is not installed.
pub fn describe() -> Result<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let processor = model.map_or("unknown processor", |(_, model)| model);
    let processors = thread::available_parallelism().map_or(1, Into::into);
    Ok(format!("{processor}, {processors} logical processors, {}\n", first_line("rustc", "--version")?))
}

/// The first line of a program's output.
///
/// # Errors
/// Fails if the program is not installed.
pub fn first_line(program: &str, argument: &str) -> Result<String> {
    let output = Command::new(program).arg(argument).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8(output.stdout)?.lines().next().unwrap_or_default().to_owned())
}
