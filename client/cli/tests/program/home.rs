//! A user with a home directory, and a server.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use aether_tests::fault_proxy::{Fault, FaultProxy};
use aether_tests::{Options, Server, contains_secret};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A user with a home directory, and a server with its owner token.
pub(crate) struct Home {
    pub(crate) directory: TempDir,
    pub(crate) server: Server,
    /// The server's. The tests wait for processes, and have no runtime of their own.
    pub(crate) runtime: Runtime,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// A user who is logged in with the owner token.
    pub(crate) fn start() -> Self {
        let home = Self::with(Options::default());
        home.run_with_input(&["login", &home.url()], &home.server.owner.secret).succeeded();
        home
    }

    /// A user without a profile.
    pub(crate) fn with(options: Options) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let server = runtime.block_on(Server::with(options));
        Self { directory: tempfile::tempdir().expect("a temporary directory"), server, runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("")
    }

    pub(crate) fn profiles(&self) -> PathBuf {
        self.directory.path().join(".config/aether/profiles.toml")
    }

    /// A proxy before the server.
    pub(crate) fn proxy(&self, choose: impl Fn(u64) -> Fault + Send + Sync + 'static) -> FaultProxy {
        self.runtime.block_on(FaultProxy::start(self.url(), choose))
    }

    /// The program with an environment that has the home directory only, and without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aether"));
        command.args(arguments).env_clear().env("HOME", self.directory.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&self.command(arguments).output().expect("the program runs"))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        // The program can end without having read it.
        let _ = child.stdin.take().expect("standard input").write_all(input.as_bytes());
        Outcome::of(&child.wait_with_output().expect("the program ends"))
    }

    /// Runs the program with another token in the environment.
    pub(crate) fn run_as(&self, token: &str, arguments: &[&str]) -> Outcome {
        self.run_at(&self.url(), token, arguments)
    }

    /// Runs the program with another server and another token in the environment.
    pub(crate) fn run_at(&self, url: &str, token: &str, arguments: &[&str]) -> Outcome {
        let mut command = self.command(arguments);
        Outcome::of(&command.env("AETHER_URL", url).env("AETHER_TOKEN", token).output().expect("the program runs"))
    }

    /// Creates a token, and returns its record with the secret.
    pub(crate) fn create(&self, name: &str, scopes: &[&str]) -> Value {
        let scopes = scopes.iter().flat_map(|scope| ["--scope", scope]);
        let arguments: Vec<_> = ["token", "create", name, "--output=json"].into_iter().chain(scopes).collect();
        self.run(&arguments).json()
    }
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let status = output.status.code().expect("an exit status");
        Self { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// Asserts an exit status and a part of the message, which is one line and has no secret.
    #[track_caller]
    pub(crate) fn failed(self, status: i32, message: &str) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.stderr.starts_with("aether: ") && self.stderr.contains(message), "{self:?}");
        assert_eq!(self.stderr.matches('\n').count(), 1, "{self:?}");
        assert!(!contains_secret(self.stderr.as_bytes()) && self.stdout.is_empty(), "{self:?}");
        self
    }

    /// The one JSON object of a command that succeeded.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let mut objects = self.json_lines();
        assert_eq!(objects.len(), 1);
        objects.remove(0)
    }

    /// The JSON object of each line of a command that succeeded.
    #[track_caller]
    pub(crate) fn json_lines(self) -> Vec<Value> {
        let stdout = self.succeeded().stdout;
        stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
    }
}
