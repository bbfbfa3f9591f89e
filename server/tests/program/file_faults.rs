//! Files that are moved, replaced or damaged under a running server.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, owner_token, run, run_json, text};

const REPLACED: Option<&str> = Some("the database file was moved, removed or replaced");
const LOG_REPLACED: Option<&str> = Some("the write-ahead log was removed or replaced");

struct Scene {
    directory: TempDir,
    server: Running,
    tokens: String,
    owner: String,
    /// A token that was created before the fault.
    token: Value,
}

impl Scene {
    fn new() -> Self {
        let directory = directory();
        let server = Running::start(&directory, &["--rate-limit", "off"]);
        let (tokens, owner) = (server.tokens_path(), owner_token(&directory));
        let token = server.create(&tokens, &owner, "before");
        server.wait_for_readiness(None);
        Self { directory, server, tokens, owner, token }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Asserts that no write is accepted and all else goes on. The files are checked every few milliseconds.
    fn assert_reads_go_on(&self) {
        assert!(holds_in_time(|| self.server.try_create(&self.tokens, &self.owner).0 == 503));
        assert_eq!(self.server.revoke(&self.tokens, &self.owner, &self.token["id"]), 503);
        assert_eq!(self.server.status(self.token["token"].as_str().unwrap()), 200);
        assert_eq!(self.server.health(), 200);
    }

    /// Asserts that writes are accepted.
    fn assert_writes_go_on(&self) {
        self.server.wait_for_readiness(None);
        assert_eq!(self.server.try_create(&self.tokens, &self.owner).0, 201);
        assert_eq!(self.server.revoke(&self.tokens, &self.owner, &self.token["id"]), 204);
        assert_eq!(self.server.status(self.token["token"].as_str().unwrap()), 401);
    }

    /// Stops the server, starts it again, and asserts that it has the token.
    fn restart(self) -> Self {
        self.server.signal("TERM");
        let (success, _, logs) = self.server.wait();
        assert!(success, "{logs}");
        let server = Running::start(&self.directory, &[]);
        assert_eq!(server.status(self.token["token"].as_str().unwrap()), 200);
        Self { server, ..self }
    }
}

#[test]
fn moved_database_is_not_written_until_it_is_back() {
    let scene = Scene::new();
    fs::rename(scene.path("aether.db"), scene.path("away")).unwrap();
    // No probe is needed before a write is refused.
    scene.assert_reads_go_on();
    scene.server.wait_for_readiness(REPLACED);
    for arguments in [&["organization", "list"][..], &["organization", "create", "acme"]] {
        assert_eq!(run(&scene.directory, arguments).status.code(), Some(1), "{arguments:?}");
    }
    assert!(!scene.path("aether.db").exists(), "a command does not create another database");
    fs::rename(scene.path("away"), scene.path("aether.db")).unwrap();
    scene.assert_writes_go_on();
}

#[test]
fn database_that_was_replaced_by_another_file_is_not_written() {
    let scene = Scene::new();
    run_json(&scene.directory, &["backup", "copy.db"]);
    fs::rename(scene.path("aether.db"), scene.path("away")).unwrap();
    fs::rename(scene.path("copy.db"), scene.path("aether.db")).unwrap();
    scene.assert_reads_go_on();
    scene.server.wait_for_readiness(REPLACED);
    let output = run(&scene.directory, &["organization", "list"]);
    let expected = format!("the running server (process {}) has another file open", scene.server.process());
    assert!(text(&output.stderr).contains(&expected), "{}", text(&output.stderr));
    fs::rename(scene.path("away"), scene.path("aether.db")).unwrap();
    scene.assert_writes_go_on();
}

// The inode is the same, the identity is not. The log must not be moved to the backup, not even by a clean stop.
#[test]
fn database_that_was_overwritten_by_a_backup_is_noticed() {
    for is_probed in [true, false] {
        let scene = Scene::new();
        run_json(&scene.directory, &["backup", "copy.db"]);
        let after = scene.server.create(&scene.tokens, &scene.owner, "after");
        fs::copy(scene.path("copy.db"), scene.path("aether.db")).unwrap();
        if is_probed {
            scene.server.wait_for_readiness(REPLACED);
            assert_eq!(scene.server.health(), 200);
            assert_eq!(scene.server.try_create(&scene.tokens, &scene.owner).0, 503);
        }
        scene.server.signal("TERM");
        assert!(scene.server.wait().0);
        let output = run(&scene.directory, &["--listen", "127.0.0.1:0"]);
        assert!(text(&output.stderr).contains("is not the write-ahead log of this backup"), "{}", text(&output.stderr));
        let files = ["aether.db", "copy.db"].map(|name| fs::read(scene.directory.path().join(name)).unwrap());
        assert!(files[0] == files[1], "the backup is as it was");
        fs::remove_file(scene.directory.path().join("aether.db-wal")).unwrap();
        let server = Running::start(&scene.directory, &[]);
        let status = |token: &Value| server.status(token["token"].as_str().unwrap());
        assert_eq!([status(&scene.token), status(&after)], [200, 401]);
    }
}

#[test]
fn malformed_database_is_noticed() {
    let scene = Scene::new();
    let other = rusqlite::Connection::open(scene.path("aether.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    scene.server.wait_for_readiness(None);
    let pages = other.pragma_query_value(None, "page_count", |row| row.get::<_, u32>(0)).unwrap();
    let file = fs::OpenOptions::new().write(true).open(scene.path("aether.db")).unwrap();
    for page in 1..u64::from(pages) {
        file.write_all_at(&[0x5a; 4096], page * 4096).unwrap();
    }
    scene.server.wait_for_readiness(Some("the database is malformed"));
    assert_eq!(scene.server.health(), 200);
}

#[test]
fn truncated_database_is_noticed() {
    let scene = Scene::new();
    let other = rusqlite::Connection::open(scene.path("aether.db")).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    fs::OpenOptions::new().write(true).open(scene.path("aether.db")).unwrap().set_len(0).unwrap();
    scene.server.wait_for_readiness(Some("the database is malformed"));
    assert_eq!(scene.server.health(), 200);
}

// SQLite goes on in the removed file, which no later start would find.
#[test]
fn removed_log_is_noticed_and_a_clean_stop_keeps_its_changes() {
    for name in ["aether.db-wal", "aether.db-shm"] {
        let scene = Scene::new();
        fs::remove_file(scene.path(name)).unwrap();
        scene.assert_reads_go_on();
        scene.server.wait_for_readiness(LOG_REPLACED);
        scene.restart().assert_writes_go_on();
    }
}

#[test]
fn moved_directory_is_noticed() {
    let scene = Scene::new();
    let away = scene.directory.path().with_extension("away");
    fs::rename(scene.directory.path(), &away).unwrap();
    scene.assert_reads_go_on();
    scene.server.wait_for_readiness(REPLACED);
    fs::rename(&away, scene.directory.path()).unwrap();
    scene.assert_writes_go_on();
}

#[test]
fn writer_that_another_program_holds_up_is_noticed() {
    let directory = directory();
    let server = Running::start(&directory, &["--busy-timeout", "200ms"]);
    server.wait_for_readiness(None);
    let other = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    server.wait_for_readiness(Some("the database is busy"));
    other.execute_batch("ROLLBACK").unwrap();
    server.wait_for_readiness(None);
}

#[test]
fn log_shrinks_after_a_long_reader() {
    const LIMIT: u64 = 4 * 1024 * 1024;
    let scene = Scene::new();
    let size = || fs::metadata(scene.path("aether.db-wal")).unwrap().len();
    let other = rusqlite::Connection::open(scene.path("aether.db")).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM api_tokens").unwrap();
    while size() <= 2 * LIMIT {
        assert_eq!(scene.server.try_create(&scene.tokens, &scene.owner).0, 201);
    }
    other.execute_batch("COMMIT").unwrap();
    for _ in 0..3 {
        scene.server.create(&scene.tokens, &scene.owner, "after");
    }
    assert!(size() <= LIMIT, "{}", size());
}
