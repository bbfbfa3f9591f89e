//! The session in the README, executed by a shell.

use std::fs;
use std::process::Command;

use aether_tests::Options;

use crate::home::Home;

const README: &str = include_str!("../../README.md");

/// The line that separates the outputs of the steps.
const END: &str = "-- end of the step --";

/// A text without the values that are different in each run: digits of ids, prefixes and times, and distances of times.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut is_distance = false;
    for word in text.split_inclusive([' ', '\n']) {
        is_distance |= word.starts_with('(');
        let value = word.trim_end().trim_start_matches("aether_");
        let is_value = value.len() >= 8
            && value.chars().all(|character| character.is_ascii_hexdigit() || "-:".contains(character));
        match (is_distance, is_value) {
            (true, _) => {}
            (false, true) => masked += &word.replace(|character: char| character.is_ascii_hexdigit(), "#"),
            (false, false) => masked += word,
        }
        if is_distance && word.trim_end().ends_with(')') {
            is_distance = false;
            masked += word.trim_start_matches(|character| character != '\n');
        }
    }
    masked
}

#[test]
fn commands_of_the_session_have_the_printed_output() {
    for program in ["bash", "jq"] {
        if Command::new(program).arg("--version").output().is_err() {
            return aether_tests::skip(program);
        }
    }
    let home = Home::with(Options::default());
    fs::write(home.directory.path().join("aether-owner.token"), &home.server.owner.secret).unwrap();
    let (_, session) = README.split_once("\n## A session\n").expect("a section");
    let session = session.split("\n## ").next().expect("a section");
    let blocks = |language: &str| -> Vec<&str> {
        let start = format!("```{language}\n");
        session.split(&start).skip(1).map(|block| block.split("```").next().expect("a block")).collect()
    };
    let (steps, expected) = (blocks("sh"), blocks("text"));
    assert!(steps.len() == expected.len() && steps.len() > 3, "each step has an output");

    let steps: Vec<_> = steps.iter().map(|step| format!("{{\n{step}}} 2>&1\necho '{END}'\n")).collect();
    let script = format!("set -euo pipefail\n{}", steps.concat().replace("http://127.0.0.1:8080", &home.url()));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_aether")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a path"));
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(home.directory.path()).env_clear();
    let output = shell.env("HOME", home.directory.path()).env("PATH", path).output().expect("bash runs");
    let printed =
        String::from_utf8(output.stdout).unwrap().replace(home.directory.path().to_str().unwrap(), "/home/ada");
    let printed: Vec<_> = printed.split(&format!("{END}\n")).map(masked).collect();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{printed:?} {stderr}");
    for (printed, expected) in printed.iter().zip(expected) {
        assert_eq!(*printed, masked(expected));
    }
}
