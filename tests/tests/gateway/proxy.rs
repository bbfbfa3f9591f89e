//! A real proxy, started with a printed configuration on a port of its own, and ended with the test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::readme::configuration;

/// How long a proxy may take to listen. Caddy takes its time on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    Nginx,
    Caddy,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
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

    /// Writes the configuration and says how to run with it.
    fn command(self, folder: &TempDir, listen: SocketAddr, aether: SocketAddr, service: SocketAddr) -> Command {
        let path = folder.path();
        let mut command = Command::new(self.name());
        let configuration = match self {
            Self::Nginx => {
                let server = configuration("nginx", ("listen 80;", format!("listen {listen};")), aether, service);
                command.args(["-e", "stderr", "-p"]).arg(path).arg("-c").arg(path.join("configuration"));
                // One process, so that ending it leaves none behind; and every file in the folder.
                let here = path.display();
                let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|kind| format!("{kind}_temp_path {here}/{kind};"))
                    .concat();
                format!(
                    "daemon off; master_process off; pid {here}/pid; events {{}}\n\
                     http {{ access_log off; {temporary}\n{server} }}"
                )
            }
            Self::Caddy => {
                let site = configuration("caddyfile", (":80 {", format!("http://{listen} {{")), aether, service);
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(path.join("configuration"));
                command.env("HOME", path).env("XDG_CONFIG_HOME", path).env("XDG_DATA_HOME", path);
                format!("{{\n\tadmin off\n\tauto_https off\n}}\n{site}")
            }
        };
        fs::write(path.join("configuration"), configuration).expect("a configuration");
        let log = || fs::File::options().create(true).append(true).open(path.join("log")).expect("a log");
        command.stdin(Stdio::null()).stdout(log()).stderr(log());
        command
    }
}

impl Proxy {
    /// Starts a proxy between `aether` and `service`, or nothing where it is not installed.
    pub(crate) async fn start(program: Program, aether: SocketAddr, service: SocketAddr) -> Option<Self> {
        if !program.is_installed() {
            return None;
        }
        // A proxy cannot be told to take any free port, and one that was free can be taken before the proxy has it.
        let mut logs = String::new();
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
            let folder = tempfile::tempdir().expect("a folder");
            let mut child = program.command(&folder, address, aether, service).spawn().expect("the proxy starts");
            if listens(&mut child, address).await {
                return Some(Self { address, child, _folder: folder });
            }
            end(&mut child);
            logs = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        }
        panic!("{} does not start: {logs}", program.name());
    }
}

async fn listens(child: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && child.try_wait().is_ok_and(|status| status.is_none()) {
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for Proxy {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
