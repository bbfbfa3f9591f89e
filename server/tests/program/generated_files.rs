//! The completions and the manual pages.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use clap::CommandFactory;

use aether_server::config::Arguments;

use crate::process::{directory, run, skip, text};

/// The commands that perform something, with the names of their flags.
fn commands() -> Vec<(String, Vec<String>)> {
    fn collect(command: &clap::Command, path: &str, found: &mut Vec<(String, Vec<String>)>) {
        let flags = command.get_arguments().filter_map(|flag| flag.get_long().map(str::to_owned));
        found.push((path.to_owned(), flags.collect()));
        for inner in command.get_subcommands() {
            collect(inner, &format!("{path}-{}", inner.get_name()), found);
        }
    }
    let mut found = Vec::new();
    collect(&Arguments::command(), "aether-server", &mut found);
    found
}

/// Pipes `input` to a program. Returns whether it succeeded, and its errors; `None` if it is not installed.
fn pipe(program: &str, arguments: &[&str], input: &[u8]) -> Option<(bool, String)> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Some((output.status.success(), text(&output.stderr)))
}

#[test]
fn completions_have_every_command_and_flag() {
    let directory = directory();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&directory, &["completions", shell]);
        assert!(output.status.success(), "{shell}");
        let script = text(&output.stdout);
        for (command, flags) in commands() {
            let name = command.rsplit('-').next().unwrap();
            assert!(script.contains(name), "{shell} lacks {command}");
            // Fish has them in words of their own: `-l listen`.
            assert!(flags.iter().all(|flag| script.contains(flag)), "{shell} lacks a flag of {command}: {flags:?}");
        }
        if matches!(shell, "bash" | "zsh" | "fish")
            && let Some((success, errors)) = pipe(shell, &["-n"], &output.stdout)
        {
            assert!(success && errors.is_empty(), "{shell}: {errors}");
        }
    }
}

#[test]
fn manual_has_a_page_of_each_command_with_every_flag() {
    let directory = directory();
    let missing = run(&directory, &["man", "man1"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        text(&missing.stderr).contains("cannot write the pages to man1: No such file"),
        "{}",
        text(&missing.stderr)
    );
    fs::create_dir(directory.path().join("man1")).unwrap();
    assert!(run(&directory, &["man", "man1"]).status.success());
    let mut is_checked = false;
    for (command, flags) in commands() {
        let page = fs::read(directory.path().join(format!("man1/{command}.1"))).unwrap();
        // A hyphen is a minus only with a backslash.
        let plain = text(&page).replace("\\-", "-");
        for flag in flags {
            assert!(plain.contains(&format!("--{flag}")), "{command} lacks --{flag}");
        }
        if let Some((success, warnings)) = pipe("groff", &["-man", "-Tutf8", "-ww"], &page) {
            assert!(success && warnings.is_empty(), "{command}: {warnings}");
            is_checked = true;
        }
    }
    if !is_checked {
        skip("groff");
    }
}
