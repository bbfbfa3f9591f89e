//! Runs the program in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The program, about to be run in `folder` without anything of the environment that could change what it does.
pub(crate) fn program(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aether-server"));
    command.current_dir(folder.path()).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().expect("the program runs")
}

/// A server that runs until it is told to stop, or until this is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    logs: PathBuf,
    /// Where it listens.
    pub(crate) address: String,
    /// What it said before it listened: on a first start, what it made.
    pub(crate) welcome: String,
}

impl Running {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn start(folder: &TempDir, arguments: &[&str]) -> Self {
        let logs = folder.path().join("logs");
        let file = std::fs::File::create(&logs).expect("a file for the logs");
        let mut child = program(folder)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the program runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output"));
        let mut welcome = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).expect("standard output") > 0, "it ended: {welcome}");
            match line.strip_prefix("Listening on ").and_then(|url| url.trim().split_once("://")) {
                Some((_, address)) => break address.to_owned(),
                None => welcome += &line,
            }
        };
        Self { child, stdout, logs, address, welcome }
    }

    /// The path of the tokens of the organization that the first start made.
    pub(crate) fn tokens_path(&self) -> String {
        let (_, rest) = self.welcome.split_once("/organizations/").expect("a first start names the organization");
        let organization = rest.split('/').next().expect("an organization");
        format!("/api/v1/organizations/{organization}/api-tokens")
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until the logs say this.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !std::fs::read_to_string(&self.logs).expect("the logs").contains(text) {
            assert!(Instant::now() < deadline, "the logs do not say {text:?}");
            std::thread::yield_now();
        }
    }

    /// Waits for the end. Returns whether it was a good one, what else was said, and the logs.
    pub(crate) fn wait(mut self) -> (bool, String, String) {
        let status = self.child.wait().expect("the program ends");
        let mut rest = String::new();
        while self.stdout.read_line(&mut rest).expect("standard output") > 0 {}
        (status.success(), rest, std::fs::read_to_string(&self.logs).expect("the logs"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or has to.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let logs = std::fs::read_to_string(&self.logs).unwrap_or_default();
        // What is shown to tell tokens apart has eight digits.
        let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        assert!(
            std::thread::panicking() || logs.split("aether_").skip(1).all(|rest| digits(rest) <= 8),
            "a token is in the logs"
        );
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The token that a first start in `folder` wrote.
pub(crate) fn owner_token(folder: &TempDir) -> String {
    let token = std::fs::read_to_string(folder.path().join("aether-owner.token")).expect("an owner token");
    token.trim().to_owned()
}
