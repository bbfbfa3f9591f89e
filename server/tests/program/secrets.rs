//! Secrets that a person pastes where none belongs.

use std::fs;

use aether_server::config::Arguments;
use clap::CommandFactory;

use crate::process::{directory, program, run, run_json, text};

/// The command lines in which each flag and each argument of a command has the value.
fn pastes(command: &clap::Command, names: &[String], value: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let line = |rest: &[String]| [names, rest].concat();
    lines.push(line(&[value.to_owned()]));
    lines.push(line(&[format!("--{value}")]));
    for argument in command.get_arguments() {
        match argument.get_long() {
            Some(long) => {
                lines.push(line(&[format!("--{long}"), value.to_owned()]));
                lines.push(line(&[format!("--{long}=/a/{value}")]));
            }
            None => lines.push(line(&["x".to_owned(), value.to_owned(), "y".to_owned()])),
        }
    }
    for subcommand in command.get_subcommands() {
        lines.extend(pastes(subcommand, &line(&[subcommand.get_name().to_owned()]), value));
    }
    lines
}

#[test]
fn pasted_secret_is_in_no_output_of_any_command() {
    let directory = directory();
    let created = run_json(&directory, &["organization", "create", "acme"]);
    let token = created["token"].as_str().unwrap();
    let prefix = &token[..15];
    let lines = pastes(&Arguments::command(), &[], token);
    assert!(lines.len() > 100, "{}", lines.len());
    for line in lines {
        let output = program(&directory).args(&line).output().unwrap();
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line:?}: {printed}");
        assert!(!printed.contains(&token[..17]), "{line:?}: {printed}");
        assert!(printed.contains(&format!("aether-server token list --prefix {prefix}`")), "{line:?}: {printed}");
        assert!(printed.contains("in the history of the shell"), "{line:?}: {printed}");
    }
}

#[test]
fn secret_in_a_variable_or_in_the_file_is_in_no_output() {
    let directory = directory();
    let created = run_json(&directory, &["organization", "create", "acme"]);
    let token = created["token"].as_str().unwrap();
    for variable in crate::environment::server_variables() {
        let output = program(&directory).env(&variable, token).output().unwrap();
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{variable}: {printed}");
        assert!(!printed.contains(&token[..17]), "{variable}: {printed}");
        assert!(printed.contains(&format!("the variable {variable} contains the secret of a token")), "{printed}");
    }
    for text_of_file in [format!("listen = \"{token}\""), format!("{token} = 1"), format!("\n# {token}\n")] {
        fs::write(directory.path().join("a.toml"), &text_of_file).unwrap();
        for command in [
            &["--config", "a.toml"][..],
            &["--check-config", "--config", "a.toml"],
            &["organization", "list", "--config", "a.toml"],
        ] {
            let output = run(&directory, command);
            let printed = text(&output.stdout) + &text(&output.stderr);
            assert!(!output.status.success() && !printed.contains(&token[..17]), "{command:?}: {printed}");
            assert!(printed.contains(": the line contains the secret of a token"), "{command:?}: {printed}");
        }
    }
}
