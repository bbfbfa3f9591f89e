//! Upgrades of databases of past versions, interrupted by SIGKILL.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, program, run, run_json, text};

/// Makes the index migrations long enough to be interrupted.
const TOKENS: u32 = 30_000;

/// The fixtures of past versions, oldest first.
fn fixtures() -> Vec<(u32, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/fixtures");
    let versions = (1..).map(|version| (version, directory.join(format!("version_{version}.sql"))));
    let existing = versions.take_while(|(_, path)| path.exists());
    existing.map(|(version, path)| (version, fs::read_to_string(path).unwrap())).collect()
}

/// A database of a past version, with many tokens.
fn past(fixture: &str, count: u32) -> TempDir {
    let directory = directory();
    let database = open(&directory);
    database.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL").unwrap();
    database.execute_batch(fixture).unwrap();
    let fill = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at)
         SELECT (SELECT id FROM organizations), randomblob(16), 'token', 'aether_00000000', randomblob(32), 'a', i, 4102444800000 + i FROM n"
    );
    database.execute_batch(&fill).unwrap();
    directory
}

fn open(directory: &TempDir) -> Connection {
    Connection::open(directory.path().join("aether.db")).unwrap()
}

fn version(directory: &TempDir) -> u32 {
    open(directory).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn tokens(directory: &TempDir) -> u32 {
    open(directory).query_row("SELECT count(*) FROM api_tokens NOT INDEXED", [], |row| row.get(0)).unwrap()
}

/// The tables and indexes.
fn schema(directory: &TempDir) -> Vec<(String, String)> {
    let database = open(directory);
    let mut statement = database.prepare("SELECT type, name FROM sqlite_schema ORDER BY type, name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Starts the program, which logs to `logs`.
fn start(directory: &TempDir) -> Child {
    let logs = fs::File::create(directory.path().join("logs")).unwrap();
    let mut command = program(directory);
    command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(logs);
    command.spawn().expect("the program runs")
}

/// Starts the program and kills it as soon as a condition on its log and the size of the write-ahead log holds, or it serves.
fn interrupt(directory: &TempDir, condition: impl Fn(&str, u64) -> bool) {
    let mut program = start(directory);
    let is_reached = || {
        let logs = fs::read_to_string(directory.path().join("logs")).unwrap_or_default();
        let size = fs::metadata(directory.path().join("aether.db-wal")).map_or(0, |file| file.len());
        condition(&logs, size) || logs.contains("serving")
    };
    assert!(holds_in_time(is_reached), "the program does not start");
    program.kill().unwrap();
    program.wait().unwrap();
}

/// The version and the schema of a new database.
fn latest() -> (u32, Vec<(String, String)>) {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    (version(&directory), schema(&directory))
}

#[test]
fn interrupted_upgrade_is_continued_by_the_next_start() {
    let (latest, expected) = latest();
    let fixtures = fixtures();
    assert!(fixtures.len() >= 3, "every past version has a fixture");
    let mut left_between = 0;
    for (past_version, fixture) in fixtures {
        let (between, within) = (past(&fixture, TOKENS), past(&fixture, TOKENS));
        let all = tokens(&between);
        // After each migration.
        while version(&between) < latest {
            let next = version(&between) + 1;
            interrupt(&between, |logs, _| logs.contains(&format!("migrated the database version={next} ")));
            assert!(version(&between) >= next, "a logged migration is committed");
            assert_eq!(tokens(&between), all);
            left_between += u32::from(version(&between) < latest);
        }
        // In the middle of a migration, whose changes are in the log without a commit.
        for size in [0, 200_000, 1_000_000] {
            let before = version(&within);
            interrupt(&within, |_, log| log > size);
            assert!(version(&within) >= before);
            assert_eq!(tokens(&within), all);
        }
        for directory in [between, within] {
            let server = Running::start(&directory, &[]);
            server.wait_for_readiness(None);
            server.signal("TERM");
            assert!(server.wait().0);
            assert_eq!((version(&directory), tokens(&directory)), (latest, all), "version {past_version}");
            assert_eq!(schema(&directory), expected, "version {past_version}");
            let verdict: String = open(&directory).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(verdict, "ok", "version {past_version}");
            run_json(&directory, &["audit", "verify"]);
        }
    }
    assert!(left_between > 0, "no start was interrupted between two migrations");
}

#[test]
fn start_is_stopped_by_a_signal_during_a_migration() {
    let (_, fixture) = fixtures().remove(0);
    let directory = past(&fixture, 10 * TOKENS);
    let mut program = start(&directory);
    let logs = || fs::read_to_string(directory.path().join("logs")).unwrap();
    assert!(holds_in_time(|| logs().contains("migrating the database")), "{}", logs());
    assert!(Command::new("kill").arg(program.id().to_string()).status().unwrap().success());
    assert!(program.wait().unwrap().success());
    assert!(logs().contains("stopped during the start"), "{}", logs());
    Running::start(&directory, &[]).wait_for_readiness(None);
}

#[test]
fn database_of_a_newer_version_is_refused_by_name() {
    let (latest, _) = latest();
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    open(&directory).pragma_update(None, "user_version", latest + 1).unwrap();
    let before = fs::read(directory.path().join("aether.db")).unwrap();
    for arguments in [&["--listen", "127.0.0.1:0"][..], &["organization", "list"], &["backup", "copy.db"]] {
        let output = run(&directory, arguments);
        let expected =
            format!("the database has version {}, but this program supports versions up to {latest}", latest + 1);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(&expected), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read(directory.path().join("aether.db")).unwrap(), before);
}
