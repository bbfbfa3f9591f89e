//! Restores that are killed, meet a failing disk, or run next to a command. `strace` makes the faults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, can_trace, directory, holds_in_time, owner_token, run, run_json, text};
use crate::restore_command::{names, organizations};

fn path(directory: &TempDir, name: &str) -> PathBuf {
    directory.path().join(name)
}

/// The command of the program under `strace`, with the trace in a file `trace`.
fn traced(directory: &TempDir, strace: &[&str], arguments: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "trace"]).args(strace);
    command.arg(env!("CARGO_BIN_EXE_aether-server")).args(arguments);
    command.current_dir(directory.path()).env_clear();
    command
}

/// A program that `strace` has stopped at a call.
struct Stopped(Child);

impl Stopped {
    /// Starts the program, and waits until the call with this number in one of its threads stops it.
    fn at(directory: &TempDir, call: &str, number: u32, strace: &[&str], arguments: &[&str]) -> Self {
        let trace = format!("trace={call}");
        let inject = format!("inject={call}:signal=STOP:when={number}");
        let arguments_of_strace = [&["-e", &trace, "-e", &inject][..], strace].concat();
        let mut command = traced(directory, &arguments_of_strace, arguments);
        let strace = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let is_stopped = || {
            let trace = fs::read_to_string(path(directory, "trace")).unwrap_or_default();
            trace.contains("--- stopped by SIGSTOP ---")
        };
        assert!(holds_in_time(is_stopped));
        Self(strace)
    }

    /// Lets the program run to its end. Returns its output.
    fn go_on(self) -> Output {
        let Self(mut strace) = self;
        let children = format!("/proc/{id}/task/{id}/children", id = strace.id());
        let process = fs::read_to_string(children).unwrap().trim().to_owned();
        // A signal before the last thread has stopped has no effect.
        assert!(holds_in_time(|| {
            let _ = Command::new("kill").args(["-s", "CONT", &process]).stderr(Stdio::null()).status();
            strace.try_wait().unwrap().is_some()
        }));
        strace.wait_with_output().unwrap()
    }
}

/// A stopped server's directory with a backup and a later token. Returns the token's secret and id.
fn with_token(directory: &TempDir) -> (String, String) {
    let server = Running::start(directory, &[]);
    let token = server.create(&server.tokens_path(), &owner_token(directory), "a");
    run_json(directory, &["backup", "copy.db"]);
    server.signal("TERM");
    assert!(server.wait().0);
    (token["token"].as_str().unwrap().to_owned(), token["id"].as_str().unwrap().to_owned())
}

#[test]
fn command_is_refused_while_a_restore_replaces_the_database() {
    if !can_trace() {
        return;
    }
    // It creates the directory of the copy, and then gives the record of the moves its name.
    for call in ["?mkdir,?mkdirat", "renameat2"] {
        let directory = directory();
        let (secret, id) = with_token(&directory);
        let restore = Stopped::at(&directory, call, 1, &[], &["restore", "copy.db"]);
        let commands = [&["token", "revoke", &id][..], &["organization", "create", "new"], &["backup", "second.db"]];
        for arguments in commands.into_iter().chain([&["restore", "copy.db"][..], &["--listen", "127.0.0.1:0"]]) {
            let output = run(&directory, arguments);
            assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
            let expected = "restores a backup in place of the database";
            assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        }
        let restored = restore.go_on();
        assert!(restored.status.success(), "{}", text(&restored.stderr));
        assert_eq!(run_json(&directory, &["token", "revoke", &id])["revoked"], 1);
        assert_eq!(Running::start(&directory, &[]).status(&secret), 401);
    }
}

#[test]
fn command_that_a_restore_overtakes_changes_nothing() {
    if !can_trace() {
        return;
    }
    // At its first look, no restore runs. It has the database open from another call on.
    for (number, is_restored) in [(1, true), (6, false)] {
        let directory = directory();
        let (secret, id) = with_token(&directory);
        let database = path(&directory, "aether.db");
        let only = ["-P", database.to_str().unwrap()];
        let revoke = Stopped::at(&directory, "openat", number, &only, &["token", "revoke", &id]);
        let restore = run(&directory, &["restore", "copy.db"]);
        assert_eq!(restore.status.success(), is_restored, "{number}: {}", text(&restore.stderr));
        let revoked = revoke.go_on();
        assert_eq!(revoked.status.success(), !is_restored, "{number}: {}", text(&revoked.stderr));
        let expected = if is_restored { 200 } else { 401 };
        assert_eq!(Running::start(&directory, &[]).status(&secret), expected, "{number}");
    }
}

#[test]
fn revocation_that_does_not_reach_the_file_ends_the_restore() {
    if !can_trace() {
        return;
    }
    let original = directory();
    let server = Running::start(&original, &[]);
    let (tokens, owner) = (server.tokens_path(), owner_token(&original));
    let token = server.create(&tokens, &owner, "a");
    run_json(&original, &["backup", "copy.db"]);
    assert_eq!(server.revoke(&tokens, &owner, &token["id"]), 204);
    server.signal("TERM");
    assert!(server.wait().0);
    let (mut failed, mut restored) = (0, 0);
    for number in 1.. {
        let directory = directory();
        for name in ["aether.db", "aether.db.lock", "copy.db"] {
            fs::copy(path(&original, name), path(&directory, name)).unwrap();
        }
        let inject = format!("inject=pwrite64:error=EIO:when={number}+");
        let arguments = ["restore", "copy.db", "--revoke-again"];
        let output = traced(&directory, &["-e", "trace=pwrite64", "-e", &inject], &arguments).output().unwrap();
        if path(&directory, "aether.db.restore").exists() {
            // The lock file could not be written. The state is named.
            run_json(&directory, &arguments);
        }
        let server = Running::start(&directory, &[]);
        assert_eq!(server.status(token["token"].as_str().unwrap()), 401, "{number}: {}", text(&output.stderr));
        *(if output.status.success() { &mut restored } else { &mut failed }) += 1;
        if !fs::read_to_string(path(&directory, "trace")).unwrap().contains("(INJECTED)") {
            break;
        }
    }
    assert!(failed > 3 && restored > 0, "{failed} {restored}");
}

#[test]
fn moves_of_a_restore_are_synced_in_their_order() {
    if !can_trace() {
        return;
    }
    let directory = directory();
    with_token(&directory);
    let calls = "trace=?rename,?renameat,?renameat2,fsync,fdatasync";
    let mut restore = traced(&directory, &["-y", "-e", calls], &["restore", "copy.db"]);
    let output = restore.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let trace = fs::read_to_string(path(&directory, "trace")).unwrap();
    let lines: Vec<_> = trace.lines().collect();
    let real = directory.path().canonicalize().unwrap();
    let kept = printed["kept"].as_str().unwrap().to_owned();
    let is_sync = |line: &str, path: &Path| line.contains("sync(") && line.contains(&format!("<{}>", path.display()));
    let position = |from: usize, what: &str, is: &dyn Fn(&str) -> bool| {
        from + lines[from..]
            .iter()
            .position(|line| is(line))
            .unwrap_or_else(|| panic!("no {what} after {from}:\n{trace}"))
    };
    let old_moved = position(0, "move of the old database", &|line| {
        line.contains("rename") && line.contains(&format!("{kept}/aether.db\""))
    });
    let kept_synced = position(old_moved, "sync of the old files", &|line| is_sync(line, Path::new(&kept)));
    let moved = position(kept_synced, "move of the restored database", &|line| {
        line.contains("rename") && line.contains(&format!("{}\"", real.join("aether.db").display()))
    });
    position(moved, "sync of the restored database", &|line| is_sync(line, &real));
}

/// The calls that change directories, or sync. One that a platform does not have is never counted.
const CALLS: [&str; 12] = [
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rmdir",
    "fsync",
    "fdatasync",
];

/// Runs a restore that `strace` kills at the call with this number in one of its threads. Returns whether it ended before.
fn restore_killed_at(directory: &TempDir, call: &str, number: usize) -> bool {
    let (trace, inject) = (format!("trace=?{call}"), format!("inject=?{call}:signal=KILL:when={number}"));
    let output = traced(directory, &["-e", &trace, "-e", &inject], &["restore", "copy.db"]).output().unwrap();
    assert!(output.status.code().is_none_or(|code| code == 0 || code > 100), "{}", text(&output.stderr));
    output.status.success()
}

#[test]
fn restore_that_is_killed_anywhere_leaves_the_old_state_the_new_one_or_a_named_one() {
    if !can_trace() {
        return;
    }
    // A killed server, so that there is a log.
    let original = directory();
    let server = Running::start(&original, &[]);
    run_json(&original, &["backup", "copy.db"]);
    run_json(&original, &["organization", "create", "globex"]);
    server.kill();
    let mut states = BTreeMap::<_, u32>::new();
    for call in CALLS {
        for number in 1.. {
            let directory = directory();
            for name in ["aether.db", "aether.db-wal", "aether.db-shm", "aether.db.lock", "copy.db"] {
                fs::copy(path(&original, name), path(&directory, name)).unwrap();
            }
            let is_done = restore_killed_at(&directory, call, number);
            let state = assert_recoverable(&directory, &format!("{call} {number}"));
            *states.entry(state).or_default() += 1;
            if is_done {
                assert_eq!(state, "new");
                break;
            }
        }
    }
    assert!(["old", "named", "new"].iter().all(|state| states[state] > 1), "{states:?}");
}

#[test]
fn file_in_the_place_of_an_old_one_is_not_replaced() {
    if !can_trace() {
        return;
    }
    let directory = directory();
    with_token(&directory);
    // The first one moved the old database.
    assert!(!restore_killed_at(&directory, "rename", 2));
    assert!(!path(&directory, "aether.db").exists(), "{:?}", names(&directory));
    fs::write(path(&directory, "aether.db"), "of another program").unwrap();
    let restore = run(&directory, &["restore", "copy.db"]);
    assert_eq!(restore.status.code(), Some(1));
    assert!(text(&restore.stderr).contains("is not the file of the interrupted restore"), "{}", text(&restore.stderr));
    assert_eq!(fs::read_to_string(path(&directory, "aether.db")).unwrap(), "of another program");
    fs::remove_file(path(&directory, "aether.db")).unwrap();
    let kept = run_json(&directory, &["restore", "copy.db"])["kept"].as_str().unwrap().to_owned();
    assert!(Path::new(&kept).join("aether.db").exists(), "the old database was put back, and is kept");
}

/// Requires that the database is the old one, the restored one, or refused with the way to go on, and that another restore succeeds without
/// the loss of the old one. Returns the state.
fn assert_recoverable(directory: &TempDir, kill: &str) -> &'static str {
    let listed = run(directory, &["organization", "list"]);
    let state = match text(&listed.stdout).contains("globex") {
        _ if !listed.status.success() => {
            for arguments in [&["organization", "list"][..], &["--listen", "127.0.0.1:0"], &["backup", "b.db"]] {
                let output = run(directory, arguments);
                let expected = "a restore of the database runs or was interrupted";
                assert!(text(&output.stderr).contains(expected), "{kill}: {}", text(&output.stderr));
            }
            "named"
        }
        true => "old",
        false => "new",
    };
    let restored = run(directory, &["restore", "copy.db"]);
    assert!(restored.status.success(), "{kill}: {}", text(&restored.stderr));
    assert_eq!(organizations(directory), ["default"], "{kill}");
    // The changes in the log of the old database are in one of the kept directories.
    let mut kept = names(directory).into_iter().filter(|name| name.starts_with("aether.db.replaced-"));
    let has_old = kept.any(|kept| {
        let database = path(directory, &kept).join("aether.db");
        let listed = run(directory, &["organization", "list", "--database", database.to_str().unwrap()]);
        text(&listed.stdout).contains("globex")
    });
    assert!(has_old, "{kill}: the old database is lost: {:?}", names(directory));
    state
}
