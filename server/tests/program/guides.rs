//! The commands in README.md and in the guides, executed by a shell.

use std::fs;
use std::path::{Path, PathBuf};
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

/// The caller's token and the key are sufficient to receive a secret again, so readers must not copy a key from a text.
#[test]
fn keys_in_guides_and_examples_are_random() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut keys, mut constant) = (0, Vec::new());
    for path in texts(&root) {
        let text = fs::read_to_string(&path).expect("a text in UTF-8");
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        let is_code = is_code && path.parent().is_none_or(|directory| !directory.ends_with("examples"));
        for line in text.lines().filter(|line| !is_code || line.trim_start().starts_with("//")) {
            let lower = line.to_lowercase().replace("idempotencykey", "idempotency-key").replace('_', "-");
            for (index, name) in lower.match_indices("idempotency-key") {
                keys += 1;
                if is_constant(&lower[..index], &lower[index + name.len()..]) {
                    constant.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    assert!(keys > 20, "{keys} keys");
    assert!(constant.is_empty(), "{constant:#?}");
}

/// Whether the text behind the name of the header or of an argument begins with a literal.
fn is_constant(before: &str, after: &str) -> bool {
    let value = after.trim_start_matches(['"', '\'', ')', ']']);
    let is_quoted = value.len() < after.len();
    let literal = value.trim_start_matches(['(', '=', ':', ',', ' ', '>']);
    if literal.len() == value.len() {
        return false;
    }
    let starts = |text: &str| text.starts_with(|char: char| char.is_ascii_alphanumeric());
    let is_header =
        !is_quoted && value.starts_with(": ") && (before.trim().is_empty() || before.ends_with(['"', '\'']));
    let is_argument = before.ends_with("--") || is_header;
    literal.strip_prefix(['"', '\'']).is_some_and(starts) || (is_argument && starts(literal))
}

#[test]
fn literal_keys_are_found() {
    for (line, expected) in [
        ("-H 'idempotency-key: rotation-1'", true),
        (r#"-H "idempotency-key: 7f3d""#, true),
        ("idempotency-key: first", true),
        ("--idempotency-key first", true),
        ("--idempotency-key=first", true),
        (r#".idempotency-key("first")"#, true),
        (r#""idempotency-key": "first""#, true),
        (r#"idempotency-key="first""#, true),
        ("headers['idempotency-key'] = 'first'", true),
        (r#"-H "idempotency-key: $key""#, false),
        (r#"-H "idempotency-key: $(cat /proc/sys/kernel/random/uuid)""#, false),
        ("`--idempotency-key` with which", false),
        ("an `idempotency-key`, which", false),
        (r#""idempotency-key": randomuuid()"#, false),
        ("idempotency-key=str(uuid.uuid4())", false),
        (".idempotency-key(key)", false),
        ("create(wanted, idempotency-key: key)", false),
        ("the idempotency-key was used", false),
    ] {
        let (before, after) = line.split_once("idempotency-key").unwrap();
        assert_eq!(is_constant(before, after), expected, "{line}");
    }
}

/// The Markdown files, and the sources whose comments or contents users read.
fn texts(root: &Path) -> Vec<PathBuf> {
    let (mut directories, mut found) = (vec![root.to_owned()], Vec::new());
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let extension = path.extension().unwrap_or_default();
            if path.is_dir() {
                let is_read = !matches!(&*name, "target" | "node_modules" | ".git" | "released");
                directories.extend(is_read.then_some(path));
            } else if extension == "md" || (extension == "rs" && !name.contains("generated")) {
                found.push(path);
            }
        }
    }
    found
}
