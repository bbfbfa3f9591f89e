//! The help, the completions and the manual.

use std::fs;

use aether_tests::Options;

use crate::home::Home;
use crate::output::assert_golden;

/// The commands with a help of their own.
const COMMANDS: [&str; 15] = [
    "",
    "login",
    "logout",
    "token create",
    "token list",
    "token show",
    "token update",
    "token rotate",
    "token revoke",
    "token current",
    "token introspect",
    "audit list",
    "scope covers",
    "completions",
    "man",
];

#[test]
fn help_of_each_command_is_the_reviewed_one() {
    let home = Home::with(Options::default());
    let help = |command: &str| {
        let arguments: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        format!("$ aether {}\n{}\n", arguments.join(" "), home.run(&arguments).succeeded().stdout)
    };
    assert_golden("help.txt", &COMMANDS.map(help).concat());
}

#[test]
fn readme_has_the_exit_statuses_of_the_help() {
    let home = Home::with(Options::default());
    let help = home.run(&["--help"]).succeeded().stdout;
    let (_, statuses) = help.split_once("Exit statuses:\n").expect("exit statuses");
    let codes = statuses.lines().filter_map(|line| line.split_whitespace().next()?.parse::<u8>().ok());
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("## Exit statuses\n").expect("a section");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse::<u8>().ok());
    assert!(codes.eq(rows), "{statuses}");
}

#[test]
fn completions_and_manual_cover_every_command() {
    let home = Home::with(Options::default());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).succeeded().stdout;
        assert!(script.contains("introspect") && script.contains("idempotency-key"), "{shell}: {script}");
    }
    let directory = home.directory.path().join("man1");
    let path = directory.to_str().unwrap();
    home.run(&["man", path]).failed(9, "No such file or directory");
    fs::create_dir(&directory).unwrap();
    home.run(&["man", path]).succeeded();
    for command in COMMANDS {
        let page = format!("aether {command}").trim_end().replace(' ', "-");
        let text = fs::read_to_string(directory.join(format!("{page}.1"))).unwrap();
        assert_eq!(text.contains(".SH \"EXIT STATUS\"\n.nf\n0    success\n"), command.is_empty(), "{page}");
    }
}
