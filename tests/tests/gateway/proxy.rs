//! A real proxy with a configuration of the guide, on its own port. It is stopped at the end of the test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::guide::configuration;

/// The time a proxy gets to listen. Caddy is slow on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    Nginx,
    Caddy,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    child: Child,
    _directory: TempDir,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    fn is_installed(self) -> bool {
        let version = match self {
            Self::Nginx => "-v",
            Self::Caddy => "version",
        };
        Command::new(self.name()).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    }

    /// Writes a configuration with this site, and returns the command that runs the proxy with it.
    fn command(self, directory: &TempDir, site: &str) -> Command {
        let path = directory.path();
        let mut command = Command::new(self.name());
        let configuration = match self {
            Self::Nginx => {
                command.args(["-e", "stderr", "-p"]).arg(path).arg("-c").arg(path.join("configuration"));
                // A single process, so that no worker is left after the test. Every file is in the temporary directory.
                let base = path.display();
                let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|kind| format!("{kind}_temp_path {base}/{kind};"))
                    .concat();
                format!(
                    "daemon off; master_process off; pid {base}/pid; events {{}}\n\
                     http {{ access_log off; {temporary}\n{site} }}"
                )
            }
            Self::Caddy => {
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(path.join("configuration"));
                command.env("HOME", path).env("XDG_CONFIG_HOME", path).env("XDG_DATA_HOME", path);
                format!("{{\n\tadmin off\n\tauto_https off\n}}\n{site}")
            }
        };
        fs::write(path.join("configuration"), configuration).expect("a writable directory");
        let log = || fs::File::options().create(true).append(true).open(path.join("log")).expect("a log file");
        command.stdin(Stdio::null()).stdout(log()).stderr(log());
        command
    }
}

impl Proxy {
    /// Starts a proxy between `aether` and `upstream`, or returns none if it is not installed.
    pub(crate) async fn start(program: Program, aether: SocketAddr, upstream: SocketAddr) -> Option<Self> {
        let site = |listen: SocketAddr| match program {
            Program::Nginx => configuration("nginx", ("listen 80;", format!("listen {listen};")), aether, upstream),
            Program::Caddy => configuration("caddyfile", (":80 {", format!("http://{listen} {{")), aether, upstream),
        };
        Self::with_site(program, site).await
    }

    /// Starts a proxy that passes every request on, with the defaults of the program but for its buffers.
    pub(crate) async fn plain(program: Program, aether: SocketAddr) -> Option<Self> {
        let site = |listen: SocketAddr| match program {
            Program::Nginx => format!(
                "large_client_header_buffers 4 32k; proxy_buffer_size 32k; proxy_buffers 8 32k;\n\
                 server {{ listen {listen}; location / {{ proxy_pass http://{aether}; }} }}"
            ),
            Program::Caddy => format!("http://{listen} {{\n\treverse_proxy {aether}\n}}\n"),
        };
        Self::with_site(program, site).await
    }

    /// Starts a proxy with a site on a free address, or returns none if it is not installed.
    async fn with_site(program: Program, site: impl Fn(SocketAddr) -> String) -> Option<Self> {
        if !program.is_installed() {
            return None;
        }
        // The proxies cannot choose a free port, and another process may take the port before the proxy binds it.
        let mut last_log = String::new();
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
            let directory = tempfile::tempdir().expect("a temporary directory");
            let mut child = program.command(&directory, &site(address)).spawn().expect("a child process");
            if wait_until_listening(&mut child, address).await {
                return Some(Self { address, child, _directory: directory });
            }
            kill(&mut child);
            last_log = fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        }
        panic!("{} does not start: {last_log}", program.name());
    }
}

async fn wait_until_listening(child: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline && child.try_wait().is_ok_and(|status| status.is_none()) {
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

fn kill(child: &mut Child) {
    // An error means that the process has already ended.
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for Proxy {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}
