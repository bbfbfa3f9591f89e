//! The program `aether-conformance` against a real server with its default limits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use aether_tests::{Options, Server, contains_secret, text, unknown_secret};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aether-conformance");

/// A server with a token that has the scopes of the suite and no others, in a file.
struct Target {
    server: Server,
    directory: tempfile::TempDir,
}

impl Target {
    async fn start() -> Self {
        let server = Server::with(Options::arguments(&[])).await;
        let directory = tempfile::tempdir().unwrap();
        let scopes = aether_conformance::suite::REQUIRED_SCOPES;
        let token = server.create(&json!({"name": "ci", "scopes": scopes})).await.expect(201).json();
        fs::write(directory.path().join("token"), text(&token["token"])).unwrap();
        Self { server, directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&["--url", &self.server.url("")]);
        command.arg("--token-file").arg(self.path("token")).args(arguments);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    /// The names of the active tokens.
    async fn active(&self) -> Vec<String> {
        self.server.list("state=active").await.iter().map(|token| text(&token["name"]).to_owned()).collect()
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for variable in ["AETHER_URL", "AETHER_TOKEN_FILE"] {
        command.env_remove(variable);
    }
    command.args(arguments);
    command
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn run_reports_every_test_and_ends_its_tokens() {
    let target = Target::start().await;
    let (json, junit) = (target.path("report.json"), target.path("report.xml"));
    let reports = ["--json", json.to_str().unwrap(), "--junit", junit.to_str().unwrap()];
    let other = target.server.other_organization().await;
    fs::write(target.path("other"), format!("{}\n", other.root.secret)).unwrap();
    let other = target.path("other");
    let selected = ["create::", "get::", "rotate::", "secrecy::", "rate_limit::empty", "audit::"];
    let arguments = [&reports[..], &["--other-token-file", other.to_str().unwrap()], &selected].concat();
    let output = target.run(&arguments).await;
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("every token of the run has ended"), "{stdout}");
    let row = stdout.lines().find(|line| line.starts_with("createApiToken ")).unwrap();
    assert!(row.contains('x') && row.contains('-'), "the matrix: {row}");
    assert!(
        stdout.contains("skipped create::scope_for_everything_covers_every_scope: needs a token with the scope `*`")
    );
    assert!(stdout.contains("skipped secrecy::secrets_are_not_written_to_disk: locks, breaks or reads the database"));
    assert_eq!(target.active().await, ["owner", "ci"]);
    // The three reports are of the same results.
    let report = json_file(&json);
    assert_eq!((&report["success"], &report["failed"], &report["tokens_left"]), (&json!(true), &json!(0), &json!([])));
    let tests = report["tests"].as_array().unwrap();
    assert!(tests.len() > 30, "{} tests", tests.len());
    let junit = fs::read_to_string(&junit).unwrap();
    for test in tests {
        let (module, name) = text(&test["name"]).split_once("::").unwrap();
        assert!(junit.contains(&format!(r#"name="{name}" classname="aether-conformance.{module}""#)), "{name}");
        let line = format!(" {module}::{name}");
        assert!(stdout.contains(&line), "{line}");
    }
    assert!(junit.contains(r#"failures="0""#), "{junit}");
    for output in [stdout, report.to_string(), junit] {
        assert!(!contains_secret(output.as_bytes()), "{output}");
    }
}

#[tokio::test]
async fn interrupted_run_ends_its_tokens() {
    for signal in ["INT", "TERM"] {
        let target = Target::start().await;
        let json = target.path("report.json");
        let mut command = target.command(&["--json", json.to_str().unwrap()]);
        let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
        // The run has begun when a test has a result.
        let is_result = |line: &str| line.starts_with("ok ") || line.starts_with("FAILED");
        while !is_result(&lines.next_line().await.unwrap().expect("a result")) {}
        assert!(target.active().await.len() > 2, "tokens of the run are active");
        let kill = format!("kill -{signal} {}", run.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
        while lines.next_line().await.unwrap().is_some() {}
        assert_eq!(run.wait().await.unwrap().code(), Some(130), "{signal}");
        assert_eq!(target.active().await, ["owner", "ci"], "{signal}");
        let report = json_file(&json);
        assert_eq!((&report["interrupted"], &report["success"]), (&json!(true), &json!(false)));
    }
}

#[tokio::test]
async fn run_that_is_killed_leaves_only_tokens_that_expire() {
    let target = Target::start().await;
    let mut command = target.command(&[]);
    let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().expect("a result").starts_with("ok ") {}
    run.kill().await.unwrap();
    let left = target.server.list("state=active").await;
    assert!(left.len() > 2, "tokens of the run are active");
    for token in left.iter().filter(|token| token["name"] != "owner" && token["name"] != "ci") {
        assert!(token["expires_at"].is_string(), "{token}");
    }
}

#[tokio::test]
async fn organization_without_room_for_tokens_fails_tests() {
    let server = Server::with(Options::arguments(&["--max-tokens=4"])).await;
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    fs::write(&token, &server.owner.secret).unwrap();
    let arguments =
        ["--url", &server.url(""), "--token-file", token.to_str().unwrap(), "--jobs=1", "get::", "list::pages"];
    let output = command(&arguments).output().await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("ok      get::malformed_ids_are_rejected_with_422"), "{stdout}");
    assert!(stdout.contains("FAILED  list::pages_contain_each_token_once_oldest_first"), "{stdout}");
    assert!(stdout.contains("returned 409") && stdout.contains("limit_reached"), "{stdout}");
    assert_eq!(server.list("state=active").await.len(), 1);
}

#[tokio::test]
async fn unusable_settings_have_status_2_and_send_nothing_that_stays() {
    let target = Target::start().await;
    let url = target.server.url("");
    let (weak, unknown) = (target.path("weak"), target.path("unknown"));
    let token = target.server.token(&["api-tokens:read"]).await;
    fs::write(&weak, &token.secret).unwrap();
    fs::write(&unknown, unknown_secret()).unwrap();
    fs::write(target.path("text"), "a secret of another kind").unwrap();
    let file = |name: &str| target.path(name).to_str().unwrap().to_owned();
    let before = target.active().await;
    for (arguments, expected) in [
        (vec!["--token-file", &file("token")], "--url"),
        (vec!["--url", &url], "--token-file"),
        (vec!["--url", "localhost:8080", "--token-file", &file("token")], "expected a URL like https://"),
        (vec!["--url", &url, "--token-file", &file("none")], "cannot read"),
        (vec!["--url", &url, "--token-file", &file("text")], "does not contain an Aether token"),
        (vec!["--url", &url, "--token-file", &file("unknown")], "the token is not accepted: 401"),
        (vec!["--url", &url, "--token-file", &file("weak")], "lacks the scopes api-tokens:introspect"),
        (vec!["--url", &format!("{url}/nowhere"), "--token-file", &file("token")], "returned 404"),
        (vec!["--url", "http://127.0.0.1:1", "--token-file", &file("token")], "no response"),
        (vec!["--url", &url, "--token-file", &file("token"), "nonsense"], "no test has a name with nonsense"),
        (vec!["--url", &url, "--token-file", &file("token"), "--lifetime", "5m"], "expected 45m to 1d"),
        (vec!["--url", &url, "--token-file", &file("token"), "--lifetime", "5ä"], "expected 45m to 1d"),
        (vec!["--url", &url, "--token-file", &file("token"), "clock::"], "moves the clock"),
        (vec!["--url", &url, "--token-file", &file("token"), "--prefix", "a b"], "expected 1 to 32"),
        (vec!["--url", &url, "--token-file", &file("token"), "--junit", "/nowhere/x"], "cannot write /nowhere/x"),
        (
            vec!["--url", &url, "--token-file", &file("token"), "--other-token-file", &file("token")],
            "both tokens are of the same organization",
        ),
    ] {
        let output = command(&arguments).output().await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("another kind") && !contains_secret(stderr.as_bytes()), "{stderr}");
    }
    assert_eq!(target.active().await, before);
}

#[tokio::test]
async fn list_names_every_test_without_a_server() {
    let output = command(&["--list"]).output().await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(stdout.lines().count() > 140, "{stdout}");
    assert!(stdout.contains("audit::events_of_other_organizations_are_not_listed: needs"), "{stdout}");
}
