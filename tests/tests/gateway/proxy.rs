//! A real proxy with a configuration of the guide, on its own port. It is stopped at the end of the test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::guide::configuration;

/// The time a proxy gets to listen. Caddy is slow on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Nginx,
    /// The version of Debian.
    Caddy,
    /// The version that `.ci/run` installs in `target/gateways`.
    CurrentCaddy,
    Traefik,
    Envoy,
}

/// The addresses of a proxy, of Aether and of the service.
#[derive(Debug, Clone, Copy)]
struct Addresses {
    proxy: SocketAddr,
    /// For HTTP/2, if the program has a port of its own for it.
    http2: SocketAddr,
    aether: SocketAddr,
    service: SocketAddr,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// The address that takes HTTP/2 with prior knowledge.
    pub(crate) http2_address: SocketAddr,
    child: Child,
    _directory: TempDir,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy | Self::CurrentCaddy => "caddy",
            Self::Traefik => "traefik",
            Self::Envoy => "envoy",
        }
    }

    /// Whether `.ci/run` installs the program in `target/gateways`.
    fn is_from_pypi(self) -> bool {
        matches!(self, Self::CurrentCaddy | Self::Traefik | Self::Envoy)
    }

    /// The file or the name of the program.
    fn path(self) -> PathBuf {
        if !self.is_from_pypi() {
            return self.name().into();
        }
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/gateways/bin").join(self.name())
    }

    fn is_installed(self) -> bool {
        let version = match self {
            Self::Nginx => "-v",
            Self::Caddy | Self::CurrentCaddy | Self::Traefik => "version",
            Self::Envoy => "--version",
        };
        Command::new(self.path()).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    }

    /// Reports that a test is skipped without the program.
    pub(crate) fn skip(self) {
        if self.is_from_pypi() { aether_tests::skip_from_pypi(self.name()) } else { aether_tests::skip(self.name()) }
    }

    /// The configuration of the guide.
    fn guide(self, Addresses { proxy, http2, aether, service }: Addresses) -> String {
        let backends = [("127.0.0.1:8080", aether.to_string()), ("127.0.0.1:9000", service.to_string())];
        let with = |listen: (&'static str, String)| [&[listen][..], &backends].concat();
        let ports = |from: &'static str, address: SocketAddr| (from, format!("port_value: {}}}", address.port()));
        match self {
            Self::Nginx => {
                configuration("nginx", &with(("listen 80;", format!("listen {proxy}; listen {http2} http2;"))))
            }
            Self::Caddy | Self::CurrentCaddy => configuration("Caddy", &with((":80 {", caddy_site(proxy)))),
            Self::Traefik => configuration("Traefik", &backends),
            Self::Envoy => configuration(
                "Envoy",
                &[
                    ("address: 0.0.0.0", format!("address: {}", proxy.ip())),
                    ports("port_value: 80}", proxy),
                    ports("port_value: 8080}", aether),
                    ports("port_value: 9000}", service),
                ],
            ),
        }
    }

    /// A configuration that passes every request on, with the defaults of the program but for its buffers. Caddy
    /// has a connection for each request: it does not repeat one whose connection the server closes at that moment.
    fn plain(self, Addresses { proxy, aether, .. }: Addresses) -> String {
        match self {
            Self::Nginx => format!(
                "large_client_header_buffers 4 32k; proxy_buffer_size 32k; proxy_buffers 8 32k;\n\
                 server {{ listen {proxy}; location / {{ proxy_pass http://{aether}; }} }}"
            ),
            Self::Caddy | Self::CurrentCaddy => format!(
                "{}\n\treverse_proxy {aether} {{\n\t\ttransport http {{\n\t\t\tkeepalive off\n\t\t}}\n\t}}\n}}\n",
                caddy_site(proxy)
            ),
            Self::Traefik | Self::Envoy => unreachable!("no test passes every request through {}", self.name()),
        }
    }

    /// Writes a configuration with this site, and returns the command that runs the proxy with it.
    fn command(self, directory: &TempDir, address: SocketAddr, site: &str) -> Command {
        let path = directory.path();
        let file = path.join("configuration.yaml");
        let mut command = Command::new(self.path());
        command.current_dir(path).env("HOME", path).env("XDG_CONFIG_HOME", path).env("XDG_DATA_HOME", path);
        let configuration = match self {
            Self::Nginx => {
                command.args(["-e", "stderr", "-p"]).arg(path).arg("-c").arg(&file);
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
            Self::Caddy | Self::CurrentCaddy => {
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file);
                format!("{{\n\tadmin off\n\tauto_https off\n\tservers {{\n\t\tprotocols h1 h2c\n\t}}\n}}\n{site}")
            }
            Self::Traefik => {
                command.arg(format!("--entrypoints.web.address={address}"));
                command.arg(format!("--providers.file.filename={}", file.display()));
                command.args([
                    "--global.checknewversion=false",
                    "--global.sendanonymoususage=false",
                    "--log.level=ERROR",
                ]);
                site.to_owned()
            }
            Self::Envoy => {
                command.args(["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error", "-c"]).arg(&file);
                site.to_owned()
            }
        };
        fs::write(&file, configuration).expect("a writable directory");
        let log = || fs::File::options().create(true).append(true).open(path.join("log")).expect("a log file");
        command.stdin(Stdio::null()).stdout(log()).stderr(log());
        command
    }
}

/// The first lines of a site that takes every host.
fn caddy_site(address: SocketAddr) -> String {
    format!(":{} {{\n\tbind {}", address.port(), address.ip())
}

impl Proxy {
    /// Starts a proxy between `aether` and `service` with the guide's configuration, or returns none if it is not installed.
    pub(crate) async fn start(program: Program, aether: SocketAddr, service: SocketAddr) -> Option<Self> {
        Self::with_site(program, (aether, service), Program::guide).await
    }

    /// Starts a proxy that passes every request on, or returns none if it is not installed.
    pub(crate) async fn plain(program: Program, aether: SocketAddr) -> Option<Self> {
        Self::with_site(program, (aether, aether), Program::plain).await
    }

    /// Starts a proxy with a site on a free address, or returns none if it is not installed.
    async fn with_site(
        program: Program,
        (aether, service): (SocketAddr, SocketAddr),
        site: impl Fn(Program, Addresses) -> String,
    ) -> Option<Self> {
        if !program.is_installed() {
            return None;
        }
        // The proxies cannot choose a free port, and another process may take the port before the proxy binds it.
        let mut last_log = String::new();
        for _ in 0..5 {
            let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
            let [proxy, other] = free.each_ref().map(|free| free.local_addr().expect("an address"));
            drop(free);
            let http2 = if program == Program::Nginx { other } else { proxy };
            let directory = tempfile::tempdir().expect("a temporary directory");
            let site = site(program, Addresses { proxy, http2, aether, service });
            let mut child = program.command(&directory, proxy, &site).spawn().expect("a child process");
            if wait_until_listening(&mut child, proxy).await {
                let proxy = Self { address: proxy, http2_address: http2, child, _directory: directory };
                if program == Program::Traefik {
                    proxy.wait_for_routes().await;
                }
                return Some(proxy);
            }
            kill(&mut child);
            last_log = fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        }
        panic!("{} does not start: {last_log}", program.name());
    }

    /// Traefik listens before it has read its routes. Until then, every path is 404.
    async fn wait_for_routes(&self) {
        let deadline = Instant::now() + START_TIMEOUT;
        let url = format!("http://{}/", self.address);
        while reqwest::get(&url).await.expect("a response").status() == 404 {
            assert!(Instant::now() < deadline, "traefik has no routes");
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn wait_until_listening(child: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline && child.try_wait().is_ok_and(|status| status.is_none()) {
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

pub(crate) fn kill(child: &mut Child) {
    // An error means that the process has already ended.
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for Proxy {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}
