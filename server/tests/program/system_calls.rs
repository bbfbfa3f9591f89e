//! The system calls of the server and of a backup, next to the filters of their units.
//!
//! The filter itself belongs to systemd as the first process. `strace` lists the calls that it would reject.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::{Running, can_trace, directory, holds_in_time, owner_token, run, skip, text};
use crate::tls;

/// The calls in a set of systemd, for example `@system-service`, with the sets that it contains.
fn set(name: &str) -> BTreeSet<String> {
    let output = Command::new("systemd-analyze").args(["syscall-filter", name]).output().unwrap();
    assert!(output.status.success(), "{name}: {}", text(&output.stderr));
    let listed = text(&output.stdout);
    let members = listed.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    members.flat_map(|member| if member.starts_with('@') { set(member) } else { [member.to_owned()].into() }).collect()
}

/// The calls that a unit of `server/deploy` allows.
fn allowed(unit: &str) -> BTreeSet<String> {
    let unit = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(unit)).unwrap();
    let mut allowed = BTreeSet::new();
    for line in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        match line.strip_prefix('~') {
            None => line.split(' ').for_each(|name| allowed.extend(set(name))),
            Some(names) => {
                let removed: BTreeSet<_> = names.split(' ').flat_map(set).collect();
                allowed.retain(|call| !removed.contains(call));
            }
        }
    }
    allowed
}

/// The calls in an output of strace.
fn calls(trace: &str) -> BTreeSet<String> {
    let lines = trace.lines().filter_map(|line| line.split_once(' '));
    let calls = lines.map(|(_process, rest)| rest.trim_start().trim_start_matches("<... "));
    let names = calls.filter_map(|call| call.split(['(', ' ']).next());
    names.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase())).map(str::to_owned).collect()
}

/// The calls that a unit rejects.
fn rejected(calls: &BTreeSet<String>, unit: &str) -> Vec<String> {
    let allowed = allowed(unit);
    // SQLite gives the files that it creates as root to the owner of the database. The user of the unit does not call it.
    calls.iter().filter(|call| *call != "fchown" && !allowed.contains(*call)).cloned().collect()
}

/// The program under strace, which writes to `trace` in the directory.
fn traced(command: &Command, directory: &TempDir) -> Command {
    let mut traced = Command::new("strace");
    // `-D` makes the server the child of this process.
    traced.args(["-D", "-f", "-q", "-o", "trace"]).arg(command.get_program()).args(command.get_args());
    traced.current_dir(directory.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    traced
}

fn wait_for_trace(directory: &TempDir) -> String {
    let read = || fs::read_to_string(directory.path().join("trace")).unwrap_or_default();
    assert!(holds_in_time(|| read().contains("+++ exited with 0 +++")), "{}", read());
    read()
}

#[test]
fn units_allow_the_system_calls_of_the_program() {
    if !can_trace() {
        return;
    }
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return skip("systemd-analyze");
    }
    let directory = directory();
    let client = tls::certificate(directory.path(), "a.test");
    let manager = UnixDatagram::bind(directory.path().join("notify")).unwrap();
    let server = Running::start_with(&directory, &tls::FLAGS, |command| {
        *command = traced(command, &directory);
        command.env("NOTIFY_SOCKET", "notify").env("WATCHDOG_USEC", "100000");
        command.stderr(File::create(directory.path().join("logs")).unwrap());
    });
    let port = server.address.rsplit(':').next().unwrap();
    let (url, owner) = (format!("https://a.test:{port}{}", server.tokens_path()), owner_token(&directory));
    for _ in 0..20 {
        let created =
            client.post(&url).bearer_auth(&owner).body(r#"{"name":"a"}"#).header("content-type", "application/json");
        assert_eq!(created.send().unwrap().status(), 201);
    }
    server.signal("HUP");
    server.wait_for_log("the certificate was reloaded");
    drop(manager);
    server.signal("TERM");
    assert!(server.wait().0);
    let served = calls(&wait_for_trace(&directory));
    assert!(["accept4", "fsync", "sendto"].iter().all(|call| served.contains(*call)), "{served:?}");
    assert_eq!(rejected(&served, "aether.service"), [""; 0]);

    fs::remove_file(directory.path().join("trace")).unwrap();
    assert!(run(&directory, &["organization", "list"]).status.success());
    let mut program = Command::new(env!("CARGO_BIN_EXE_aether-server"));
    let output = traced(program.args(["backup", "copy.db"]), &directory).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let copied = calls(&wait_for_trace(&directory));
    assert_eq!(rejected(&copied, "aether-backup.service"), [""; 0]);
}
