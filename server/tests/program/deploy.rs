//! The units of systemd, and the description of the container.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::process::{directory, run, skip, text};

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
    let description = read("server/deploy/Containerfile").replace("\\\n", " ");
    let instruction =
        |name: &str| -> Vec<&str> { description.lines().filter_map(|line| line.strip_prefix(name)).collect() };
    assert_eq!(instruction("USER "), ["65532:65532"]);
    let [build, last] = description.split("\nFROM ").skip(1).collect::<Vec<_>>().try_into().expect("two stages");
    for copy in last.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let source = copy.split(' ').find(|word| word.starts_with('/')).unwrap();
        assert!(copy.starts_with("--from=build ") && build.contains(source), "{copy}: the build does not write it");
    }
    assert!(build.contains("--locked --bin aether-server"));
    // The file of the image is valid, and a mounted one takes its place.
    let configuration = build.split("echo '").nth(1).and_then(|rest| rest.split("' > ").next()).unwrap();
    let directory = directory();
    fs::write(directory.path().join("aether.toml"), configuration).unwrap();
    let output = run(&directory, &["--check-config", "--config", "aether.toml"]);
    assert!(text(&output.stdout).contains(":8080"), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(instruction("ENV "), ["AETHER_CONFIG=/etc/aether/aether.toml"]);
}

#[test]
fn daily_backup_removes_old_files_alone() {
    let unit = read("server/deploy/aether-backup.service");
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    let aged = |name: &str, hours: u64| {
        let time = SystemTime::now() - Duration::from_secs(hours * 3600);
        fs::File::open(path(name)).unwrap().set_modified(time).unwrap();
    };
    let names = ["aether-new.db", "aether-old.db", "notes", ".aether-backup-new", ".aether-backup-old"];
    for (name, hours) in names.into_iter().zip([14 * 24, 15 * 24 + 1, 1000, 1, 25]) {
        if name.starts_with('.') {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join("aether.db"), "").unwrap();
        } else {
            fs::write(path(name), "").unwrap();
        }
        aged(name, hours);
    }
    for setting in ["ExecStartPre=", "ExecStartPost="] {
        let command = unit.lines().find_map(|line| line.strip_prefix(setting)).unwrap();
        let command = command.replace("%S/aether-backup", directory.path().to_str().unwrap());
        // No argument of these commands is expanded by a shell.
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }
    let mut left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".aether-backup-new", "aether-new.db", "notes"]);
}
