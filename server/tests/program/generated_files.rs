//! The completions and the manual pages.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use clap::CommandFactory;

use aether_server::config::Arguments;

use crate::process::{directory, run, skip, text};

/// A command with the names of its flags and its variables.
struct Described {
    /// The names from that of the program.
    names: Vec<String>,
    flags: Vec<String>,
    variables: Vec<String>,
}

fn commands() -> Vec<Described> {
    fn collect(command: &clap::Command, above: &[String], found: &mut Vec<Described>) {
        let names = [above, &[command.get_name().to_owned()]].concat();
        let flags = command.get_arguments().filter_map(|flag| flag.get_long().map(str::to_owned)).collect();
        let variables =
            command.get_arguments().filter_map(|flag| flag.get_env()?.to_str().map(str::to_owned)).collect();
        found.push(Described { names: names.clone(), flags, variables });
        for inner in command.get_subcommands() {
            collect(inner, &names, found);
        }
    }
    let mut found = Vec::new();
    collect(&Arguments::command(), &[], &mut found);
    found
}

/// The part of a script that completes the flags of a command.
fn part_of(script: &str, shell: &str, names: &[String]) -> String {
    let between = |begin: &str, end: &str| {
        let rest = script.split_once(begin).unwrap_or_else(|| panic!("{shell} lacks {begin}")).1;
        rest.split_once(end).expect("an end").0.to_owned()
    };
    match shell {
        "bash" => {
            let state = names.join("__subcmd__").replace("aether-server", "aether__server").replace('-', "__subcmd__");
            assert!(script.contains(&format!("cmd=\"{state}\"")), "{shell} does not recognize {names:?}");
            between(&format!(" {state})\n            opts=\""), "\"")
        }
        "zsh" => {
            let inner = names[1..].iter().fold(script, |script, name| {
                script.split_once(&format!("({name})\n_arguments")).unwrap_or_else(|| panic!("zsh lacks {names:?}")).1
            });
            inner.split_once("&& ret=0").expect("an end").0.to_owned()
        }
        "fish" => {
            let condition = match &names[1..] {
                [] => "needs_command\"".to_owned(),
                [name] => format!("using_subcommand {name}"),
                [group, name] => format!("using_subcommand {group}; and __fish_seen_subcommand_from {name}\""),
                names => panic!("{names:?}"),
            };
            let is_of_command = |line: &&str| line.contains(&format!("\"__fish_aether_server_{condition}"));
            script.lines().filter(is_of_command).map(|line| line.replacen(" -l ", " --", 1)).collect()
        }
        "elvish" => between(&format!("&'{}'= {{", names.join(";")), "}"),
        "powershell" => between(&format!("'{}' {{", names.join(";")), "break"),
        other => panic!("{other}"),
    }
}

fn has_flag(part: &str, flag: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-');
    let flag = format!("--{flag}");
    part.match_indices(&flag).any(|(at, _)| is_end(&part[at + flag.len()..]))
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
        for Described { names, flags, .. } in commands() {
            let part = part_of(&script, shell, &names);
            for flag in flags {
                assert!(has_flag(&part, &flag), "{shell} lacks --{flag} of {names:?}: {part}");
            }
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
    for Described { names, flags, variables } in commands() {
        let command = names.join("-");
        let page = fs::read(directory.path().join(format!("man1/{command}.1"))).unwrap();
        // A hyphen is a minus only with a backslash.
        let plain = text(&page).replace("\\-", "-");
        for flag in flags {
            assert!(has_flag(&plain, &flag), "{command} lacks --{flag}");
        }
        for variable in variables {
            assert!(plain.contains(&variable), "{command} lacks {variable}");
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
