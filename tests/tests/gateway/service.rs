//! Services in languages that replace characters of header names. They run in the real programs.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::proxy::{kill, wait_until_listening};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Language {
    /// WSGI, in the server of Python's standard library.
    Wsgi,
    Php,
}

impl Language {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Wsgi => "python3",
            Self::Php => "php",
        }
    }
}

/// A service whose response has the variables of the request's headers. It is stopped at the end of the test.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    child: Child,
    _directory: TempDir,
}

impl Service {
    /// Starts a service, or returns none if its program is not installed.
    pub(crate) async fn start(language: Language) -> Option<Self> {
        Command::new(language.program()).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        Some(match language {
            Language::Wsgi => Self::wsgi(),
            Language::Php => Self::php().await,
        })
    }

    fn wsgi() -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("services/wsgi.py")]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a child process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the port");
        let port: u16 = line.trim().parse().expect("the port");
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { address: ([127, 0, 0, 1], port).into(), child, _directory: directory }
    }

    /// PHP cannot choose a free port, and another process may take the port before PHP binds it.
    async fn php() -> Self {
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
            let directory = tempfile::tempdir().expect("a temporary directory");
            let script = directory.path().join("headers.php");
            std::fs::write(&script, include_str!("services/headers.php")).expect("a writable directory");
            let mut command = Command::new("php");
            command.args(["-S", &address.to_string()]).arg(script).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("a child process");
            if wait_until_listening(&mut child, address).await {
                return Self { address, child, _directory: directory };
            }
            kill(&mut child);
        }
        panic!("php does not start");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}
