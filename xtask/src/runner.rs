//! The commands that are programs of crates of their own.

use std::process::{Command, ExitStatus};

use dropstub::{Exit, Failure};

use crate::project;

/// The program of a crate of its own, built in the profile of the tests. No package is named, so that dependencies have the same features
/// as in the tests, and are compiled once.
#[must_use]
pub fn program(name: &str) -> Command {
    cargo_run(&["--bin", name])
}

/// As [`program`], built in release.
#[must_use]
pub fn released_program(name: &str) -> Command {
    cargo_run(&["--release", "--bin", name])
}

fn cargo_run(selection: &[&str]) -> Command {
    let mut program = Command::new("cargo");
    program.args(["run", "--quiet", "--manifest-path"]).arg(project::root().join("Cargo.toml"));
    program.args(selection).arg("--");
    program
}

/// Runs a program with the convention of this repository's commands: 0 is a success, 1 is a finding.
///
/// # Errors
/// Fails if the program cannot be started, and with every other status: 2 of the program itself, 101 of cargo, which
/// could not build it, and the end by a signal.
pub fn run(program: &mut Command) -> Result<Exit, Failure> {
    let name = program.get_program().display().to_string();
    let status = program.status().map_err(|error| Failure::new(format!("cannot run {name}: {error}")))?;
    exit(status).ok_or_else(|| Failure::new(format!("the command could not do its work: {status}")))
}

/// The result of a program that did its work.
fn exit(status: ExitStatus) -> Option<Exit> {
    match status.code()? {
        0 => Some(Exit::Success),
        1 => Some(Exit::Found),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Result<Exit, String> {
        run(Command::new("sh").args(["-c", line])).map_err(|failure| failure.to_string())
    }

    #[test]
    fn only_status_1_is_a_finding() {
        assert_eq!(shell("exit 0"), Ok(Exit::Success));
        assert_eq!(shell("exit 1"), Ok(Exit::Found));
        for line in ["exit 2", "exit 101", "kill -9 $$"] {
            let message = shell(line).unwrap_err();
            assert!(message.starts_with("the command could not do its work: "), "{line}: {message}");
        }
    }

    #[test]
    fn program_that_does_not_exist_is_a_failure() {
        let message = run(&mut Command::new("/nonexistent/program")).unwrap_err().to_string();
        assert!(message.starts_with("cannot run /nonexistent/program: "), "{message}");
    }
}
