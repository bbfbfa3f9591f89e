//! A terminal, made by the command `script`.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::home::Home;

/// Longer than any output takes on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A shell command in a terminal of its own.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// Runs the program in a terminal, and then `after` in the same shell. The exit status of the program is printed.
    ///
    /// Returns `None` if the command `script` is not installed.
    pub(crate) fn start(home: &Home, arguments: &str, after: &str) -> Option<Self> {
        if Command::new("script").arg("--version").output().is_err() {
            aether_tests::skip("script");
            return None;
        }
        // The shell survives Ctrl-C, and the program has the default action.
        let program = env!("CARGO_BIN_EXE_aether");
        let line = format!("trap : INT; '{program}' {arguments}; echo \"status $?.\"; {after}");
        let mut command = Command::new("script");
        command.args(["--quiet", "--command", &line, "/dev/null"]).env_clear();
        command
            .env("HOME", home.directory.path())
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("a terminal");
        let (input, mut stdout) = (child.stdin.take().expect("input"), child.stdout.take().expect("output"));
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut buffer) {
                // The test has ended if nothing receives.
                let _ = sender.send(buffer[..length].to_vec());
            }
        });
        Some(Self { child, input, output, seen: String::new() })
    }

    /// Waits for a text, and types a reply to it.
    #[track_caller]
    pub(crate) fn reply(&mut self, text: &str, reply: &str) {
        while !self.seen.contains(text) {
            let bytes = self.output.recv_timeout(TIMEOUT);
            let bytes = bytes.unwrap_or_else(|error| panic!("{text:?} is missing: {error}: {}", self.seen));
            self.seen += &String::from_utf8_lossy(&bytes);
        }
        self.input.write_all(reply.as_bytes()).expect("the terminal reads");
        self.input.flush().expect("the terminal reads");
    }

    /// Waits for the end, and returns everything on the screen.
    pub(crate) fn end(mut self) -> String {
        while let Ok(bytes) = self.output.recv_timeout(TIMEOUT) {
            self.seen += &String::from_utf8_lossy(&bytes);
        }
        drop(self.input);
        self.child.wait().expect("the terminal ends");
        self.seen.replace('\r', "")
    }
}
