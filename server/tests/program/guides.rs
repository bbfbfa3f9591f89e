//! The commands in README.md and in the guides, executed by a shell.

use std::process::Command;

use crate::process::{Running, directory, skip, text};

const README: &str = include_str!("../../../README.md");
const QUICKSTART: &str = include_str!("../../docs/quickstart.md");
const IDEMPOTENCY: &str = include_str!("../../docs/idempotency.md");
const ROTATION: &str = include_str!("../../docs/rotation.md");

/// A section of a document.
pub(crate) fn section<'d>(document: &'d str, title: &str) -> &'d str {
    let (_, rest) = document.split_once(&format!("\n## {title}\n")).expect("the document has the section");
    rest.split("\n## ").next().expect("a split has a first part")
}

/// The `sh` blocks of a text.
pub(crate) fn blocks(text: &str) -> String {
    text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn commands_of_the_guides_have_the_described_output() {
    for program in ["bash", "curl", "jq"] {
        if Command::new(program).arg("--version").output().is_err() {
            return skip(program);
        }
    }
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let texts = [section(README, "A first token"), QUICKSTART, IDEMPOTENCY, ROTATION];
    assert!(texts.iter().all(|text| !blocks(text).is_empty()), "every document has commands");
    let commands = texts.map(blocks).concat();
    assert!(commands.contains("http://127.0.0.1:8080"), "the default address of the server");
    let script = format!("set -euo pipefail\n{}", commands.replace("127.0.0.1:8080", &server.address));
    let output = Command::new("bash").args(["-c", &script]).current_dir(directory.path()).output().expect("bash runs");
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}{}", text(&output.stderr));
    // The output of each step, in order.
    let mut rest = printed.as_str();
    for expected in [
        "\"my first token\"",
        "\"name\": \"deployer\"",
        "\"name\": \"worker eu\"",
        "\"expires_at\": \"2099-12-31T00:00:00.000Z\"",
        "exceeds_grant",
        "\"code\": \"validation_failed\"",
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
        let (_, after) = rest.split_once(expected).unwrap_or_else(|| panic!("{expected:?} is missing: {printed}"));
        rest = after;
    }
}
