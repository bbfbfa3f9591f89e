//! The text for people.

use std::{env, fs};

use aether_client::chrono::{DateTime, Utc};

use crate::home::Home;
use crate::terminal::Terminal;

/// Compares a text with a golden file, or writes the file if `UPDATE_GOLDEN` is set.
#[track_caller]
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).expect("a golden file");
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == golden, "{path} has another text; review it, and set UPDATE_GOLDEN=1 to accept it:\n{text}");
}

/// A server with a few tokens and events, and its output with the same ids and times in each run.
struct Scene {
    home: Home,
    replacements: Vec<(String, String)>,
}

impl Scene {
    fn start() -> Self {
        let home = Home::start();
        let deploy = home.create("deploy pipeline", &["api-tokens:read", "deployments:write"]);
        let worker = home.create("日本 worker", &[]);
        for (token, options) in [(&deploy, &["--name", "deploy"][..]), (&worker, &["--no-scopes", "--yes"])] {
            let arguments: Vec<_> =
                ["token", "update", token["id"].as_str().unwrap()].iter().chain(options).copied().collect();
            home.run(&arguments).succeeded();
        }
        home.run(&["token", "revoke", worker["id"].as_str().unwrap(), "--yes"]).succeeded();
        home.run(&["token", "rotate", deploy["id"].as_str().unwrap(), "--yes"]).succeeded();
        let mut replacements = Vec::new();
        for (number, token) in home.run(&["token", "list", "-o", "json"]).json_lines().iter().enumerate() {
            let text = |field: &str| token[field].as_str().unwrap().to_owned();
            replacements.push((text("id"), format!("00000000-0000-7000-8000-00000000000{number}")));
            replacements.push((text("prefix"), format!("aether_0000000{number}")));
        }
        for event in home.run(&["audit", "list", "-o", "json"]).json_lines() {
            let time: DateTime<Utc> = event["occurred_at"].as_str().unwrap().parse().unwrap();
            replacements.push((time.format("%Y-%m-%d %H:%M:%S").to_string(), "2026-01-02 03:04:05".to_owned()));
        }
        let organization = home.server.organization_id.to_string();
        replacements.push((organization, "00000000-0000-7000-8000-0000000000aa".to_owned()));
        Self { home, replacements }
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.home.run(arguments).succeeded().stdout;
        self.replacements.iter().fold(output, |text, (from, to)| text.replace(from, to))
    }
}

#[test]
fn tables_are_the_reviewed_ones() {
    let scene = Scene::start();
    let commands = ["token list --state active --name-prefix deploy", "token list --state revoked", "audit list"];
    let output = |command: &str| {
        let arguments: Vec<_> = command.split(' ').collect();
        format!("$ aether {command}\n{}\n", scene.run(&arguments))
    };
    assert_golden("tables.txt", &commands.map(output).concat());
}

#[test]
fn record_has_a_line_for_each_field() {
    let scene = Scene::start();
    let tokens = scene.home.run(&["token", "list", "--state=revoked", "-o", "json"]).json();
    let record = scene.run(&["token", "show", tokens["id"].as_str().unwrap()]);
    let names: Vec<_> = record.lines().map(|line| line[..12].trim_end()).collect();
    let expected = [
        "id",
        "name",
        "prefix",
        "organization",
        "state",
        "scopes",
        "expires",
        "last used",
        "created",
        "created by",
        "revoked",
    ];
    assert_eq!(names, expected, "{record}");
    assert!(record.contains("\nrevoked       2026-01-02 03:04:05 UTC ("), "{record}");
    assert!(scene.run(&["token", "list", "--state=expired"]).contains("  expired, rotated  "));
}

#[test]
fn colours_are_for_terminals_without_no_color() {
    let home = Home::start();
    assert!(!home.run(&["token", "list"]).succeeded().stdout.contains('\u{1b}'));
    let Some(terminal) = Terminal::start(&home, "token list", "") else { return };
    assert!(terminal.end().contains("\u{1b}[32mactive\u{1b}[0m"));
    let forced = home.command(&["token", "list"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8(forced.stdout).unwrap().contains("\u{1b}[32mactive"));
    let denied = home.command(&["token", "list"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!String::from_utf8(denied.stdout).unwrap().contains('\u{1b}'));
}
