//! The guides of the README that are commands to paste, pasted into a shell.

use std::process::Command;

use crate::process::{Running, folder, text};

const README: &str = include_str!("../../../README.md");

/// The `sh` blocks of one section.
fn blocks(section: &str) -> String {
    let (_, rest) = README.split_once(&format!("\n## {section}\n")).expect("the section is there");
    let section = rest.split("\n## ").next().expect("something is left");
    section.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn the_guides_do_what_they_say() {
    for program in ["bash", "curl", "jq"] {
        if Command::new(program).arg("--version").output().is_err() {
            return println!("skipped: {program} is not installed");
        }
    }
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let guides = ["The first hour", "Retrying safely", "Rotating without downtime"].map(blocks).concat();
    assert!(guides.contains("http://127.0.0.1:8080"), "the address that the first start serves on");
    let script = format!("set -euo pipefail\n{}", guides.replace("127.0.0.1:8080", &server.address));
    let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().expect("bash runs");
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}{}", text(&output.stderr));
    // What each step shows, in its order.
    let mut rest = printed.as_str();
    for expected in [
        "\"name\": \"worker eu\"",
        "\"expires_at\": \"2099-12-31T00:00:00.000Z\"",
        "exceeds_grant",
        "\"worker eu\"",
        "\"deployments:eu\"",
        "api_token.created",
        "api_token.updated",
        "200\n",
        "401\n",
        "\"aether_",
        "\"name\": \"service\"",
        "\"rotated_to\": \"",
    ] {
        let (_, after) = rest.split_once(expected).unwrap_or_else(|| panic!("{expected:?} is not shown: {printed}"));
        rest = after;
    }
}
