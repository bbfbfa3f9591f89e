//! The units of systemd, and the description of the container.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{directory, skip, text};

const SERVICES: [&str; 2] = ["aether.service", "aether-backup.service"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn has_systemd() -> bool {
    let is_installed = Command::new("systemd-analyze").arg("--version").output().is_ok();
    if !is_installed {
        skip("systemd-analyze");
    }
    is_installed
}

#[test]
fn units_have_no_error() {
    if !has_systemd() {
        return;
    }
    let directory = directory();
    let units = [SERVICES.as_slice(), &["aether-backup.timer"]].concat();
    for unit in &units {
        // The program of this build, because none is installed.
        let text = read(&format!("server/deploy/{unit}"))
            .replace("/usr/local/bin/aether-server", env!("CARGO_BIN_EXE_aether-server"));
        fs::write(directory.path().join(unit), text).unwrap();
    }
    let paths = units.iter().map(|unit| directory.path().join(unit));
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(paths).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn services_are_confined() {
    if !has_systemd() {
        return;
    }
    for unit in SERVICES {
        // The exposure is between 0 and 100.
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--threshold=20"]).arg(root().join("server/deploy").join(unit));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn limits_of_the_unit_are_above_the_defaults_of_the_server() {
    let unit = read("server/deploy/aether.service");
    let number = |name: &str, unit_of: &str| -> u64 {
        let line = unit.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.strip_suffix(unit_of).unwrap().parse().unwrap()
    };
    let arguments = ["aether-server".into()];
    let serve = aether_server::config::Arguments::try_from_arguments(&arguments).unwrap().serve;
    assert!(number("TimeoutStopSec=", "s") > (serve.drain_delay + serve.shutdown_grace).as_secs() + 30);
    // A connection has a descriptor, and the database, the log and the listener have some.
    assert!(number("LimitNOFILE=", "") > serve.max_connections.get() as u64 + 1024);
}

/// Whether the context of the container has the path, by the lines of its list: the last that applies decides.
fn is_in_context(path: &str) -> bool {
    let list = read(".dockerignore");
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).fold(true, |is_in, line| {
        let (pattern, includes) = line.strip_prefix('!').map_or((line, false), |pattern| (pattern, true));
        let name = path.rsplit('/').next().unwrap();
        let applies = match pattern.strip_prefix("**/") {
            _ if pattern == "*" => true,
            Some(suffix) => suffix.strip_prefix('*').map_or(name == suffix, |end| name.ends_with(end)),
            None => path == pattern || path.starts_with(&format!("{pattern}/")),
        };
        if applies { includes } else { is_in }
    })
}

#[test]
fn context_of_the_container_has_the_sources_only() {
    let manifest = read("Cargo.toml");
    let (_, members) = manifest.split_once("members = [\n").unwrap();
    let members = members.split(']').next().unwrap().lines();
    let members = members.map(|line| line.trim().trim_matches([',', '"'])).filter(|member| !member.is_empty());
    let needed =
        ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "LICENSE-MIT", "LICENSE-APACHE", "openapi/aether.yaml"];
    for path in members.chain(needed) {
        assert!(root().join(path).exists(), "{path}");
        assert!(is_in_context(path), "{path} is not in the context");
    }
    for path in [
        "target",
        ".git",
        ".ci",
        "aether.db",
        "server/aether.db-wal",
        "aether-owner.token",
        "server/a.token",
        "xtask/target",
    ] {
        assert!(!is_in_context(path), "{path} is in the context");
    }
}

#[test]
fn container_has_an_unprivileged_user_and_the_files_of_its_build() {
    let text = read("server/deploy/Containerfile").replace("\\\n", " ");
    let instruction = |name: &str| -> Vec<&str> { text.lines().filter_map(|line| line.strip_prefix(name)).collect() };
    assert_eq!(instruction("USER "), ["65532:65532"]);
    let [build, last] = text.split("\nFROM ").skip(1).collect::<Vec<_>>().try_into().expect("two stages");
    for copy in last.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let source = copy.split(' ').find(|word| word.starts_with('/')).unwrap();
        assert!(copy.starts_with("--from=build ") && build.contains(source), "{copy}: the build does not write it");
    }
    assert!(build.contains("--locked --bin aether-server"));
}
