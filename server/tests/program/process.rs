//! The program as a process in its own directory.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// The program in `directory`, with an empty environment.
pub(crate) fn program(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-server"));
    command.current_dir(directory.path()).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(directory: &TempDir, arguments: &[&str]) -> Output {
    program(directory).args(arguments).output().expect("the program runs")
}

/// Runs a command that prints one JSON object.
pub(crate) fn run_json(directory: &TempDir, arguments: &[&str]) -> Value {
    let output = run(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// A running server. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    logs: PathBuf,
    client: Client,
    /// The address of the server.
    pub(crate) address: String,
    /// The output before `Listening on`: on a first start, the created organization.
    pub(crate) greeting: String,
}

impl Running {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn start(directory: &TempDir, arguments: &[&str]) -> Self {
        Self::start_by(program(directory), directory, arguments)
    }

    /// As [`start`](Self::start), by a command to which the arguments of the program are appended.
    pub(crate) fn start_by(command: Command, directory: &TempDir, arguments: &[&str]) -> Self {
        Self::spawn(command, directory, arguments, |_| ())
    }

    /// As [`start`](Self::start), by a command that `configure` has changed: its environment, or the destination of its logs.
    pub(crate) fn start_with(directory: &TempDir, arguments: &[&str], configure: impl FnOnce(&mut Command)) -> Self {
        Self::spawn(program(directory), directory, arguments, configure)
    }

    fn spawn(
        mut command: Command,
        directory: &TempDir,
        arguments: &[&str],
        configure: impl FnOnce(&mut Command),
    ) -> Self {
        let logs = directory.path().join("logs");
        let file = std::fs::File::create(&logs).expect("a file for the logs");
        // A server that has no address of its own listens on a free port.
        if !arguments.iter().any(|argument| ["--listen", "--config"].contains(argument)) {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.args(arguments).stdout(Stdio::piped()).stderr(file);
        configure(&mut command);
        let mut child = command.spawn().expect("the program runs");
        // The command holds the ends of pipes.
        drop(command);
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output"));
        let mut greeting = String::new();
        let address = loop {
            let mut line = String::new();
            let read = stdout.read_line(&mut line).expect("standard output");
            assert!(read > 0, "the program ended: {greeting}{}", std::fs::read_to_string(&logs).unwrap_or_default());
            match line.strip_prefix("Listening on ").and_then(|url| url.trim().split_once("://")) {
                Some((_, address)) => break address.to_owned(),
                None => greeting += &line,
            }
        };
        Self { child, stdout, logs, client: Client::new(), address, greeting }
    }

    /// The path of the tokens of the first organization.
    pub(crate) fn tokens_path(&self) -> String {
        let (_, rest) = self.greeting.split_once("/organizations/").expect("the first start prints the organization");
        let organization = rest.split('/').next().expect("an organization");
        format!("/api/v1/organizations/{organization}/api-tokens")
    }

    /// The status of a request for the caller's own token.
    pub(crate) fn status(&self, token: &str) -> u16 {
        let url = format!("http://{}/api/v1/api-tokens/current", self.address);
        self.client.get(url).bearer_auth(token).send().expect("a response").status().as_u16()
    }

    /// Creates a token with the path of the organization's tokens.
    pub(crate) fn create(&self, path: &str, caller: &str, name: &str) -> Value {
        let url = format!("http://{}{path}", self.address);
        let response = self.client.post(url).bearer_auth(caller).json(&json!({"name": name})).send();
        let response = response.expect("a response");
        assert_eq!(response.status(), 201);
        response.json().expect("an issued token")
    }

    /// The tokens at the path, as the caller lists them.
    pub(crate) fn list(&self, path: &str, caller: &str) -> Vec<Value> {
        let url = format!("http://{}{path}", self.address);
        let response = self.client.get(url).bearer_auth(caller).send().expect("a response");
        let page: Value = response.json().expect("a page");
        page["items"].as_array().expect("items").clone()
    }

    /// The status and the body of `/readyz`.
    pub(crate) fn readiness(&self) -> (u16, String) {
        let response = self.client.get(format!("http://{}/readyz", self.address)).send().expect("a response");
        (response.status().as_u16(), response.text().expect("a text"))
    }

    /// Waits until the server is ready, or is not ready for a reason.
    pub(crate) fn wait_for_readiness(&self, reason: Option<&str>) {
        let expected = reason.map_or((200, "ready\n".to_owned()), |reason| (503, format!("not ready: {reason}\n")));
        let mut found = Default::default();
        let is_expected = || {
            found = self.readiness();
            found == expected
        };
        assert!(holds_in_time(is_expected), "{found:?} instead of {expected:?}");
    }

    /// The status of a creation with many scopes, whose record fills a page, and the token, if it was created.
    pub(crate) fn try_create(&self, path: &str, caller: &str) -> (u16, Option<Value>) {
        let scopes: Vec<_> = (0..60).map(|number| format!("scope-{number}:{}", "x".repeat(45))).collect();
        let body = json!({"name": "large", "scopes": scopes});
        let request = self.client.post(format!("http://{}{path}", self.address)).bearer_auth(caller).json(&body);
        let response = request.send().expect("a response");
        let status = response.status().as_u16();
        if status == 503 {
            assert_eq!(response.headers()["retry-after"], "1");
        }
        (status, (status == 201).then(|| response.json().expect("an issued token")))
    }

    /// The status of the revocation of a token with the path of the organization's tokens.
    pub(crate) fn revoke(&self, path: &str, caller: &str, id: &Value) -> u16 {
        let url = format!("http://{}{path}/{}", self.address, id.as_str().expect("an id"));
        self.client.delete(url).bearer_auth(caller).send().expect("a response").status().as_u16()
    }

    /// The status of `/healthz`.
    pub(crate) fn health(&self) -> u16 {
        self.client.get(format!("http://{}/healthz", self.address)).send().expect("a response").status().as_u16()
    }

    /// The id of the process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills the server.
    pub(crate) fn kill(self) {
        self.signal("KILL");
        self.wait();
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until the logs contain a text.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let contains = || std::fs::read_to_string(&self.logs).expect("the logs").contains(text);
        assert!(holds_in_time(contains), "the logs do not contain {text:?}");
    }

    /// Waits for the end. Returns whether the exit status was 0, the rest of the output, and the logs.
    pub(crate) fn wait(mut self) -> (bool, String, String) {
        let status = self.child.wait().expect("the program ends");
        let mut rest = String::new();
        while self.stdout.read_line(&mut rest).expect("standard output") > 0 {}
        (status.success(), rest, std::fs::read_to_string(&self.logs).expect("the logs"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let logs = std::fs::read_to_string(&self.logs).unwrap_or_default();
        // The public prefix of a token has eight digits.
        let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        assert!(
            std::thread::panicking() || logs.split("aether_").skip(1).all(|rest| digits(rest) <= 8),
            "a token is in the logs"
        );
    }
}

/// Returns whether a condition holds within a time that is longer than any effect takes on a busy machine.
pub(crate) fn holds_in_time(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        std::thread::yield_now();
    }
}

/// A connection of HTTP/1.1 that stays open.
pub(crate) struct Http(pub(crate) BufReader<TcpStream>);

impl Http {
    pub(crate) fn open(server: &Running) -> Self {
        let stream = TcpStream::connect(&server.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        Self(BufReader::new(stream))
    }

    /// The status of a GET without a credential.
    pub(crate) fn get(&mut self, path: &str) -> u16 {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: aether\r\n\r\n"));
        self.status()
    }

    /// The status of a POST.
    pub(crate) fn post(&mut self, path: &str, token: &str, json: &str) -> u16 {
        let length = json.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
        ));
        self.status()
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).expect("the server reads");
    }

    /// Reads a response, and returns its status.
    pub(crate) fn status(&mut self) -> u16 {
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a line");
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
            match status {
                None => status = line.split(' ').nth(1).map(|status| status.parse().expect("a status")),
                Some(_) if line.is_empty() => break,
                Some(_) => {}
            }
            assert!(status.is_some(), "no response");
        }
        self.0.read_exact(&mut vec![0; length]).expect("a body");
        status.expect("a status")
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The owner token that the first start wrote.
pub(crate) fn owner_token(directory: &TempDir) -> String {
    let token = std::fs::read_to_string(directory.path().join("aether-owner.token")).expect("an owner token");
    token.trim().to_owned()
}

/// Whether `strace` can trace. If it cannot, the test is skipped.
pub(crate) fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let can_trace = traced.is_ok_and(|status| status.success());
    if !can_trace {
        skip("strace, or the permission to trace,");
    }
    can_trace
}

/// Prints that a test is skipped, because a program is not installed. Under `CI=true` the test fails.
pub(crate) fn skip(program: &str) {
    assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "{program} is not installed");
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
}
