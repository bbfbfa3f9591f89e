//! The check of the database after an unclean stop.

use std::fs;
use std::os::unix::fs::FileExt;

use tempfile::TempDir;

use crate::process::{Running, directory, owner_token, run, text};

/// Creates tokens, moves the log to the database file, and kills the server with a log.
fn killed(directory: &TempDir) {
    let server = Running::start(directory, &["--rate-limit", "off"]);
    let (path, owner) = (server.tokens_path(), owner_token(directory));
    for _ in 0..20 {
        assert_eq!(server.try_create(&path, &owner).0, 201);
    }
    let other = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(other);
    server.create(&path, &owner, "after");
    server.kill();
}

/// Overwrites pages in the middle of the database file.
fn damage(directory: &TempDir) {
    let file = fs::OpenOptions::new().write(true).open(directory.path().join("aether.db")).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    for page in pages / 2..pages {
        file.write_all_at(&[0x5a; 4096], page * 4096).unwrap();
    }
}

#[test]
fn database_is_checked_after_an_unclean_stop_only() {
    let directory = directory();
    killed(&directory);
    let server = Running::start(&directory, &[]);
    server.wait_for_log("the last server did not stop cleanly; checking the database");
    server.wait_for_log("the database is intact");
    server.signal("TERM");
    assert!(server.wait().0);
    let server = Running::start(&directory, &[]);
    server.signal("TERM");
    let (_, _, logs) = server.wait();
    assert!(!logs.contains("checking"), "{logs}");
}

#[test]
fn damaged_database_is_refused_by_name() {
    let directory = directory();
    killed(&directory);
    damage(&directory);
    let output = run(&directory, &["--listen", "127.0.0.1:0"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "it never listens");
    let printed = text(&output.stderr);
    assert!(printed.contains("aether.db: the database is damaged ("), "{printed}");
    assert!(printed.contains("restore a backup"), "{printed}");
}

#[test]
fn check_is_bounded_and_can_be_switched_off() {
    let directory = directory();
    killed(&directory);
    let server = Running::start(&directory, &["--check-timeout", "0"]);
    server.wait_for_log("the check of the database is switched off");
    server.wait_for_readiness(None);
    server.kill();
    let server = Running::start(&directory, &["--check-timeout", "1ms"]);
    // A small database can be checked in time.
    server.wait_for_log("checking the database");
    server.wait_for_readiness(None);
}

#[test]
fn truncated_database_is_refused_by_name() {
    let directory = directory();
    killed(&directory);
    fs::remove_file(directory.path().join("aether.db-wal")).unwrap();
    let file = fs::OpenOptions::new().write(true).open(directory.path().join("aether.db")).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    let output = run(&directory, &["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the database is damaged"), "{}", text(&output.stderr));
}
