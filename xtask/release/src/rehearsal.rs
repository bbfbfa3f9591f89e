//! The installation of an archive into an empty directory, and the first steps with the installed programs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::programs::{NAMES, SHELLS};
use crate::{Result, output};

/// The files that an installation has, apart from those of the programs.
const FILES: [&str; 12] = [
    "lib/systemd/system/aether.service",
    "lib/sysusers.d/aether.conf",
    "share/aether/aether.toml",
    "share/aether/aether.yaml",
    "share/aether/alerts.yaml",
    "share/aether/dashboard.json",
    "share/doc/aether/CHANGELOG.md",
    "share/doc/aether/LICENSE-MIT",
    "share/doc/aether/installing.md",
    "share/doc/aether/sbom.cdx.json",
    "share/licenses/aether/swagger-ui/NOTICE",
    "share/man/man1/aether-server-backup.1",
];

/// Commands after those of README.md: a check of a token as a gateway asks for it, the command line, and a backup of the running server.
const FURTHER: &str = r#"
STATUS=$(curl -sS -o authorized -w '%{http_code}' "$AETHER_URL/api/v1/authorize?scope=api-tokens:read" \
  -H "Authorization: Bearer $(cat aether-owner.token)")
[ "$STATUS" = 200 ] || { echo "authorize: $STATUS $(cat authorized)"; exit 1; }
AETHER_TOKEN_FILE=aether-owner.token aether token list
aether-server backup copy.db
[ -s copy.db ]
"#;

/// Installs the archive `name` in `out` into `prefix`, or into a temporary directory, and performs the first steps.
///
/// # Errors
/// Fails if the directory is not empty, a file is missing, or a step fails.
pub(crate) fn rehearse(root: &Path, out: &Path, name: &str, version: &str, prefix: Option<&Path>) -> Result<()> {
    output(Command::new("sha256sum").current_dir(out).args(["--check", "--strict", "SHA256SUMS"]))?;
    let temporary = tempfile::tempdir()?;
    let default = temporary.path().join("prefix");
    let prefix = prefix.unwrap_or(&default);
    fs::create_dir_all(prefix)?;
    let prefix = prefix.canonicalize()?;
    if fs::read_dir(&prefix)?.next().is_some() {
        return Err(format!("{} is not empty", prefix.display()).into());
    }
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(out.join(format!("{name}.tar.gz"))).arg("-C").arg(&prefix).arg("--strip-components=1");
    output(&mut tar)?;
    verify_files(&prefix, version)?;
    let example = prefix.join("share/aether/aether.toml");
    output(Command::new(prefix.join("bin/aether-server")).args(["--check-config", "--config"]).arg(example))?;
    first_steps(root, &prefix, &temporary.path().join("work"))
}

fn verify_files(prefix: &Path, version: &str) -> Result<()> {
    let completions = SHELLS.iter().flat_map(|(_, path)| NAMES.map(|name| path.replace("NAME", name)));
    let pages = NAMES.map(|name| format!("share/man/man1/{name}.1"));
    for file in completions.chain(pages).chain(FILES.map(str::to_owned)) {
        if fs::metadata(prefix.join(&file)).map_err(|error| format!("{file}: {error}"))?.len() == 0 {
            return Err(format!("{file} is empty").into());
        }
    }
    for name in NAMES {
        let printed = output(Command::new(prefix.join("bin").join(name)).arg("--version"))?;
        if !printed.starts_with(&format!("{name} {version}")) {
            return Err(format!("{name} --version prints {printed:?}").into());
        }
    }
    Ok(())
}

/// Performs the steps of README.md in an empty directory.
fn first_steps(root: &Path, prefix: &Path, directory: &Path) -> Result<()> {
    fs::create_dir(directory)?;
    let readme = fs::read_to_string(root.join("README.md"))?;
    let section = readme.split("\n## A first token\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let section = section.ok_or("README.md has no section `A first token`")?;
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let server = Server::start(prefix, directory)?;
    let steps = blocks.collect::<String>().replace("http://127.0.0.1:8080", &server.url);
    if !steps.contains(&server.url) {
        return Err("the steps of README.md do not have the default address".into());
    }
    let script = format!("set -euo pipefail\n{steps}{FURTHER}");
    let path = format!("{}:{}", prefix.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(directory).env("PATH", path).env("AETHER_URL", &server.url);
    let printed = output(&mut bash)?;
    if !printed.contains("my first token") {
        return Err(format!("the steps printed {printed:?}").into());
    }
    server.stop()
}

/// The installed server. It is killed when this is dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Starts the server on a free port, and waits until it listens.
    fn start(prefix: &Path, directory: &Path) -> Result<Self> {
        let mut command = Command::new(prefix.join("bin/aether-server"));
        command.args(["--listen", "127.0.0.1:0"]).current_dir(directory).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(directory.join("log"))?);
        let mut process = command.spawn()?;
        let stdout = process.stdout.take().ok_or("a server without standard output")?;
        let mut server = Self { process, url: String::new() };
        for line in BufReader::new(stdout).lines() {
            if let Some(url) = line?.strip_prefix("Listening on ") {
                url.clone_into(&mut server.url);
                return Ok(server);
            }
        }
        Err(format!("the server ended: {}", fs::read_to_string(directory.join("log"))?).into())
    }

    fn stop(mut self) -> Result<()> {
        output(Command::new("kill").args(["-TERM", &self.process.id().to_string()]))?;
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
