//! Restored backups, with and without the files that the last server left.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, owner_token, program, run, run_json, text};

fn path(directory: &TempDir, name: &str) -> PathBuf {
    directory.path().join(name)
}

/// A killed server's directory with a backup, `copy.db`, and a write-ahead log with later changes. Returns the tokens that were
/// created before and after the backup.
fn killed(directory: &TempDir) -> [String; 2] {
    let server = Running::start(directory, &[]);
    let (tokens, owner) = (server.tokens_path(), owner_token(directory));
    let secret = |server: &Running| server.try_create(&tokens, &owner).1.unwrap()["token"].as_str().unwrap().to_owned();
    let before = secret(&server);
    run_json(directory, &["backup", "copy.db"]);
    let after = secret(&server);
    server.kill();
    assert!(fs::metadata(path(directory, "aether.db-wal")).unwrap().len() > 0);
    [before, after]
}

fn refused(directory: &TempDir, expected: &str) {
    let files = ["aether.db", "aether.db-wal"].map(|name| fs::read(path(directory, name)).unwrap_or_default());
    for arguments in [&["--listen", "127.0.0.1:0"][..], &["organization", "list"], &["backup", "other.db"]] {
        let output = run(directory, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
    let now = ["aether.db", "aether.db-wal"].map(|name| fs::read(path(directory, name)).unwrap_or_default());
    assert!(files == now, "a refused start changes nothing");
}

#[test]
fn log_of_the_database_before_a_restore_is_refused() {
    let directory = directory();
    let [before, after] = killed(&directory);
    fs::copy(path(&directory, "copy.db"), path(&directory, "aether.db")).unwrap();
    refused(&directory, "aether.db-wal is not the write-ahead log of this backup");
    // Without the lock file, the mark of the copy decides.
    fs::rename(path(&directory, "aether.db.lock"), path(&directory, "away")).unwrap();
    refused(&directory, "aether.db-wal is not the write-ahead log of this backup");
    // The documented way out.
    fs::remove_file(path(&directory, "aether.db-wal")).unwrap();
    fs::remove_file(path(&directory, "aether.db-shm")).unwrap();
    let server = Running::start(&directory, &[]);
    server.wait_for_readiness(None);
    assert_eq!([server.status(&before), server.status(&after)], [200, 401]);
}

#[test]
fn log_of_a_later_start_is_refused() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    server.signal("TERM");
    assert!(server.wait().0);
    // A copy by another program has the identity of its time.
    fs::copy(path(&directory, "aether.db"), path(&directory, "copy.db")).unwrap();
    let server = Running::start(&directory, &[]);
    run_json(&directory, &["organization", "create", "acme"]);
    server.kill();
    let original = fs::read(path(&directory, "aether.db")).unwrap();
    fs::copy(path(&directory, "copy.db"), path(&directory, "aether.db")).unwrap();
    refused(&directory, "aether.db-wal is the write-ahead log of another database file");
    // The log still belongs to the original.
    fs::write(path(&directory, "aether.db"), original).unwrap();
    Running::start(&directory, &[]).wait_for_readiness(None);
    assert!(text(&run(&directory, &["organization", "list"]).stdout).contains("acme"));
}

#[test]
fn log_without_its_database_is_refused_and_kept() {
    let directory = directory();
    let [_, after] = killed(&directory);
    fs::rename(path(&directory, "aether.db"), path(&directory, "moved")).unwrap();
    for empty in [false, true] {
        if empty {
            fs::write(path(&directory, "aether.db"), "").unwrap();
        }
        for arguments in [&["--listen", "127.0.0.1:0"][..], &["organization", "create", "acme"]] {
            let output = run(&directory, arguments);
            let expected = "aether.db-wal is a write-ahead log, but the database file is missing or empty";
            assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        }
    }
    fs::rename(path(&directory, "moved"), path(&directory, "aether.db")).unwrap();
    assert_eq!(Running::start(&directory, &[]).status(&after), 200);
}

#[test]
fn files_of_a_killed_server_work_in_another_place_and_without_the_lock_file() {
    for names in [&["aether.db", "aether.db-wal", "aether.db.lock"][..], &["aether.db", "aether.db-wal"]] {
        let (old, new) = (directory(), directory());
        let [before, after] = killed(&old);
        for name in names {
            fs::copy(path(&old, name), path(&new, name)).unwrap();
        }
        let server = Running::start(&new, &[]);
        server.wait_for_log("the database is intact");
        assert_eq!([server.status(&before), server.status(&after)], [200, 200], "{names:?}");
    }
}

#[test]
fn killed_server_starts_again_and_again() {
    let directory = directory();
    let tokens = killed(&directory);
    for _ in 0..3 {
        let server = Running::start(&directory, &[]);
        assert!(tokens.iter().all(|token| server.status(token) == 200));
        server.kill();
    }
}

// The lock file is written before and after the identity of the database, and both have to agree at every moment between.
#[test]
fn start_that_is_killed_between_its_writes_is_continued() {
    let directory = directory();
    let tokens = killed(&directory);
    let record = || fs::read_to_string(path(&directory, "aether.db.lock")).unwrap_or_default();
    let mut interrupted = 0;
    for writes in (1..=2).cycle().take(20) {
        let mut last = record();
        let mut server = program(&directory);
        let mut server =
            server.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut seen = 0;
        let is_reached = || {
            let now = record();
            seen += u32::from(now != last);
            last = now;
            seen >= writes || server.try_wait().unwrap().is_some()
        };
        assert!(holds_in_time(is_reached));
        server.kill().unwrap();
        assert_eq!(server.wait().unwrap().code(), None, "the start was refused");
        interrupted +=
            u32::from(serde_json::from_str::<Value>(&record()).unwrap()["marks"].as_array().unwrap().len() == 2);
    }
    assert!(interrupted > 0, "no start was interrupted between the two records");
    let server = Running::start(&directory, &[]);
    server.wait_for_log("the database is intact");
    assert!(tokens.iter().all(|token| server.status(token) == 200));
}

#[test]
fn backup_is_restored_over_a_stopped_server() {
    let directory = directory();
    let [before, after] = killed(&directory);
    let server = Running::start(&directory, &[]);
    server.signal("TERM");
    assert!(server.wait().0);
    fs::copy(path(&directory, "copy.db"), path(&directory, "aether.db")).unwrap();
    // Commands work on the copy before its first start.
    let listed = run_json(&directory, &["organization", "list"]);
    assert_eq!(listed["live_tokens"], 2);
    for _ in 0..2 {
        let server = Running::start(&directory, &[]);
        assert_eq!([server.status(&before), server.status(&after)], [200, 401]);
        server.kill();
    }
}
