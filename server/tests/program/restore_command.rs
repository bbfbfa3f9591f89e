//! The command `restore`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use reqwest::blocking::Client;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, owner_token, program, run, run_json, text};

fn path(directory: &TempDir, name: &str) -> std::path::PathBuf {
    directory.path().join(name)
}

fn stop(server: Running) {
    server.signal("TERM");
    assert!(server.wait().0);
}

/// The names of the files in the directory, without the logs of the server.
pub(crate) fn names(directory: &TempDir) -> Vec<String> {
    let names = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "logs").collect();
    names.sort();
    names
}

/// The organizations of the database.
pub(crate) fn organizations(directory: &TempDir) -> Vec<String> {
    let output = run(directory, &["organization", "list"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_owned())
        .collect()
}

/// A directory with `copy.db`, a backup with the organization `acme`, and a database that got the organization `globex` later.
fn changed_since_backup() -> TempDir {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    run_json(&directory, &["backup", "copy.db"]);
    run_json(&directory, &["organization", "create", "globex"]);
    directory
}

/// Requires that a restore is refused and changes nothing.
fn assert_refused(directory: &TempDir, arguments: &[&str], expected: &str) {
    let read = || fs::read(path(directory, "aether.db")).ok();
    let before = (names(directory), read());
    let output = run(directory, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
    assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    let mut after = (names(directory), read());
    after.0.retain(|name| name != "aether.db.lock" || before.0.contains(name));
    assert!(after == before, "{arguments:?}: {:?} {:?}", after.0, before.0);
}

#[test]
fn backup_is_restored_and_the_old_database_is_kept() {
    let directory = changed_since_backup();
    let backup = fs::read(path(&directory, "copy.db")).unwrap();
    let restored = run_json(&directory, &["restore", "copy.db"]);
    assert_eq!(
        (&restored["restored"], &restored["organizations"], &restored["live_tokens"]),
        (&json!("aether.db"), &json!(1), &json!(1))
    );
    assert_eq!((&restored["revoked_since"], &restored["created_since"]), (&json!([]), &json!(1)));
    let taken_at = chrono::DateTime::parse_from_rfc3339(restored["taken_at"].as_str().unwrap()).unwrap();
    let age =
        taken_at.timestamp_millis() - i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    assert!((-60_000..=0).contains(&age), "{age}");
    assert_eq!(organizations(&directory), ["acme"]);
    assert_eq!(fs::metadata(path(&directory, "aether.db")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read(path(&directory, "copy.db")).unwrap(), backup, "the backup is copied");
    // The kept database is complete.
    let kept = Path::new(restored["kept"].as_str().unwrap());
    assert!(kept.file_name().unwrap().to_str().unwrap().starts_with("aether.db.replaced-20"), "{kept:?}");
    assert_eq!(fs::metadata(kept).unwrap().permissions().mode() & 0o777, 0o700);
    let listed = run(&directory, &["organization", "list", "--database", kept.join("aether.db").to_str().unwrap()]);
    assert!(text(&listed.stdout).contains("globex"));
    // A second restore keeps the first one's database, too.
    let again = run_json(&directory, &["restore", "copy.db"]);
    assert_ne!(again["kept"], restored["kept"]);
    assert_eq!(names(&directory).iter().filter(|name| name.contains("restore")).count(), 0);
}

#[test]
fn files_have_any_names() {
    let directory = directory();
    let names = [&b"a\xff b.db"[..], b"c\xff\n.db", b"e\xff.jsonl"].map(OsStr::from_bytes);
    let [database, copy, archive] = names;
    let run = |arguments: &[&str], file: Option<&OsStr>| {
        let mut command = program(&directory);
        command.args(arguments).args(file).arg("--database").arg(database);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    run(&["organization", "create", "acme"], None);
    assert_eq!(run(&["backup"], Some(copy))["backup"], "c\u{fffd}\n.db");
    let restored = run(&["restore"], Some(copy));
    assert_eq!(restored["restored"], "a\u{fffd} b.db");
    assert!(restored["kept"].as_str().unwrap().contains("/a\u{fffd} b.db.replaced-"));
    assert_eq!(run(&["audit", "export", "--before", "0s", "--output"], Some(archive))["archive"], "e\u{fffd}.jsonl");
    assert!(names.iter().all(|name| directory.path().join(name).exists()));
}

#[test]
fn backup_is_restored_on_a_new_machine() {
    let old = changed_since_backup();
    let new = directory();
    let backup = path(&old, "copy.db");
    let restored = run_json(&new, &["restore", backup.to_str().unwrap()]);
    assert_eq!((&restored["kept"], &restored["revoked_since"]), (&Value::Null, &Value::Null));
    assert_eq!(names(&new), ["aether.db", "aether.db.lock"]);
    Running::start(&new, &[]).wait_for_readiness(None);
    assert_eq!(organizations(&new), ["acme"]);
}

#[test]
fn log_of_a_killed_server_is_kept_with_its_database() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (tokens, owner) = (server.tokens_path(), owner_token(&directory));
    run_json(&directory, &["backup", "copy.db"]);
    let later = server.create(&tokens, &owner, "later")["token"].as_str().unwrap().to_owned();
    server.kill();
    assert!(fs::metadata(path(&directory, "aether.db-wal")).unwrap().len() > 0);
    let restored = run_json(&directory, &["restore", "copy.db"]);
    assert_eq!(restored["created_since"], 1, "the log was read");
    let server = Running::start(&directory, &[]);
    assert_eq!([server.status(&owner), server.status(&later)], [200, 401]);
    stop(server);
    // The old files work in their place again.
    let kept = restored["kept"].as_str().unwrap();
    fs::remove_file(path(&directory, "aether.db")).unwrap();
    for name in ["aether.db", "aether.db-wal", "aether.db-shm"] {
        fs::rename(Path::new(kept).join(name), path(&directory, name)).unwrap();
    }
    fs::remove_file(path(&directory, "aether.db.lock")).unwrap();
    let server = Running::start(&directory, &[]);
    assert_eq!([server.status(&owner), server.status(&later)], [200, 200]);
}

#[test]
fn restore_is_refused_while_a_server_or_another_program_uses_the_database() {
    let directory = changed_since_backup();
    let server = Running::start(&directory, &[]);
    assert_refused(&directory, &["restore", "copy.db"], &format!("another server (process {})", server.process()));
    stop(server);
    // This process has it open.
    let database = Connection::open(path(&directory, "aether.db")).unwrap();
    database.query_row("SELECT count(*) FROM organizations", [], |_| Ok(())).unwrap();
    let expected = format!("process {} has the database open", std::process::id());
    // The file is not read here: that would end the lock.
    let output = run(&directory, &["restore", "copy.db"]);
    assert!(!output.status.success() && text(&output.stderr).contains(&expected), "{}", text(&output.stderr));
    drop(database);
    run_json(&directory, &["restore", "copy.db"]);
}

#[test]
fn file_that_is_not_an_intact_backup_is_refused() {
    let directory = changed_since_backup();
    let backup = fs::read(path(&directory, "copy.db")).unwrap();
    let refused = |name: &str, expected: &str| assert_refused(&directory, &["restore", name], expected);
    refused("missing.db", "restore failed: missing.db: No such file");
    refused("aether.db", "aether.db: it is the database itself");
    fs::write(path(&directory, "notes"), "notes ".repeat(1000)).unwrap();
    refused("notes", "notes: the file is not an Aether database");
    fs::create_dir(path(&directory, "subdirectory")).unwrap();
    refused("subdirectory", "subdirectory: it is not a file");

    stop(Running::start(&directory, &[]));
    fs::copy(path(&directory, "aether.db"), path(&directory, "copied.db")).unwrap();
    refused("copied.db", "copied.db: it is not a backup, or a server has used it");

    for suffix in ["-wal", "-journal"] {
        fs::write(path(&directory, &format!("copy.db{suffix}")), "log").unwrap();
        refused("copy.db", &format!("copy.db{suffix} belongs to it"));
        fs::remove_file(path(&directory, &format!("copy.db{suffix}"))).unwrap();
    }

    let mut damaged = backup.clone();
    let page = damaged.len() - 4096;
    damaged[page..page + 2000].fill(7);
    fs::write(path(&directory, "damaged.db"), damaged).unwrap();
    refused("damaged.db", "damaged.db: the database is damaged");

    fs::write(path(&directory, "future.db"), &backup).unwrap();
    Connection::open(path(&directory, "future.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    refused("future.db", "future.db: the database has version 99");

    fs::write(path(&directory, "altered.db"), &backup).unwrap();
    let altered = Connection::open(path(&directory, "altered.db")).unwrap();
    altered.execute_batch("UPDATE organizations SET audit_sequence = 9").unwrap();
    drop(altered);
    refused("altered.db", "the audit log of the backup was altered");
}

/// A stopped server's directory with a backup, after which tokens ended. Returns the secrets and ids of the tokens: one that was revoked,
/// two rotated ones, one in its grace period, one that stays active, and one that was narrowed.
fn ended_since_backup(directory: &TempDir) -> BTreeMap<&'static str, (String, String)> {
    let server = Running::start(directory, &[]);
    let (tokens, owner) = (server.tokens_path(), owner_token(directory));
    let create = |name| {
        let created = server.create(&tokens, &owner, name);
        (created["token"].as_str().unwrap().to_owned(), created["id"].as_str().unwrap().to_owned())
    };
    let names = ["revoked", "rotated", "in grace", "active", "narrowed"];
    let created: BTreeMap<_, _> = names.map(|name| (name, create(name))).into();
    run_json(directory, &["backup", "copy.db"]);
    let http = Client::new();
    let send = |method: Method, path: String, body: Value| {
        let request = http.request(method, format!("http://{}{tokens}/{path}", server.address)).bearer_auth(&owner);
        assert!(request.json(&body).send().unwrap().status().is_success());
    };
    send(Method::DELETE, created["revoked"].1.clone(), json!({}));
    send(Method::POST, format!("{}/rotate", created["rotated"].1), json!({}));
    send(Method::POST, format!("{}/rotate", created["in grace"].1), json!({"grace_seconds": 3600}));
    send(Method::PUT, created["narrowed"].1.clone(), json!({"expires_at": "2100-01-01T00:00:00Z"}));
    stop(server);
    created
}

/// The ids of the tokens in a list of the output.
fn ids(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|token| token["token_id"].as_str().unwrap()).collect()
}

#[test]
fn tokens_that_ended_after_the_backup_need_a_decision() {
    let directory = directory();
    let tokens = ended_since_backup(&directory);
    let before = names(&directory);
    let output = run(&directory, &["restore", "copy.db"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("tokens ended after the backup and would be active again (2)"));
    assert_eq!(names(&directory), before, "nothing was changed");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = [&*tokens["revoked"].1, &*tokens["rotated"].1].into();
    assert_eq!((&printed["restored"], ids(&printed["revoked_since"])), (&Value::Null, expected));

    let output = run(&directory, &["restore", "copy.db", "--revoke-again"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for warning in ["before they were narrowed (1)", "were rotated after the backup (1)"] {
        assert!(text(&output.stderr).contains(warning), "{}", text(&output.stderr));
    }
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&printed["revoked_again"], ids(&printed["narrowed_since"]), &printed["live_tokens"]),
        (&json!(2), [&*tokens["narrowed"].1].into(), &json!(4))
    );
    assert_eq!(ids(&printed["rotated_since"]), [&*tokens["in grace"].1].into());
    run_json(&directory, &["audit", "verify"]);
    let server = Running::start(&directory, &[]);
    let status = ["revoked", "rotated", "active", "narrowed", "in grace"].map(|name| server.status(&tokens[name].0));
    assert_eq!(status, [401, 401, 200, 200, 200]);
    let organization = printed["revoked_since"][0]["organization_id"].as_str().unwrap();
    let events = server.list(&format!("/api/v1/organizations/{organization}/audit-events"), &owner_token(&directory));
    let revoked: Vec<_> = events.iter().filter(|event| event["action"] == "api_token.revoked").collect();
    assert_eq!(revoked.len(), 2);
    assert!(revoked.iter().all(|event| event["actor_id"].is_null()), "the operator revoked them");
}

#[test]
fn tokens_that_ended_after_the_backup_can_be_reactivated() {
    let directory = directory();
    let tokens = ended_since_backup(&directory);
    let output = run(&directory, &["restore", "copy.db", "--reactivate"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("tokens that ended after the backup are active again (2)"));
    let server = Running::start(&directory, &[]);
    assert!(tokens.values().all(|(secret, _)| server.status(secret) == 200));
    let both = run(&directory, &["restore", "copy.db", "--reactivate", "--revoke-again"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn unreadable_or_missing_old_database_is_told() {
    let directory = changed_since_backup();
    let mut damaged = fs::read(path(&directory, "aether.db")).unwrap();
    damaged[4096..].fill(7);
    fs::write(path(&directory, "aether.db"), damaged).unwrap();
    for arguments in [&["restore", "copy.db"][..], &["restore", "copy.db", "--revoke-again"]] {
        let output = run(&directory, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains("nothing was changed"), "{}", text(&output.stderr));
    }
    let warned = |output: &Output| {
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("active again and not known"), "{}", text(&output.stderr));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["revoked_since"], Value::Null);
    };
    warned(&run(&directory, &["restore", "copy.db", "--reactivate"]));
    assert_eq!(organizations(&directory), ["acme"]);
    let missing = ["restore", "copy.db", "--database", "new.db"];
    let again = run(&directory, &[&missing[..], &["--revoke-again"]].concat());
    assert!(text(&again.stderr).contains("there is no old database"), "{}", text(&again.stderr));
    assert_eq!(again.status.code(), Some(1));
    warned(&run(&directory, &missing));
}

#[test]
fn restore_that_a_signal_ends_changes_nothing() {
    let directory = changed_since_backup();
    let database = Connection::open(path(&directory, "copy.db")).unwrap();
    let fill = "PRAGMA synchronous = OFF; CREATE TABLE filler (x BLOB);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO filler SELECT randomblob(1 << 20) FROM n";
    database.execute_batch(fill).unwrap();
    drop(database);
    let before = names(&directory);
    let has_begun = || names(&directory).iter().any(|name| name.starts_with(".aether.db-restore-"));
    let mut command = program(&directory);
    let restore = command.args(["restore", "copy.db"]).stderr(Stdio::piped()).spawn().unwrap();
    assert!(holds_in_time(has_begun));
    assert!(Command::new("kill").arg(restore.id().to_string()).status().unwrap().success());
    let output = restore.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(1), "aether-server: stopped by a signal\n"));
    let mut after = names(&directory);
    after.retain(|name| name != "aether.db.lock");
    assert_eq!(after, before);
    assert_eq!(organizations(&directory), ["acme", "globex"]);
}

/// A token of the drill, with the times of its acknowledged changes as numbers of the backup's phase: 0 before it, 1 during it, 2 after it.
struct Drilled {
    secret: String,
    created_in: u8,
    ended_in: Option<u8>,
}

/// A worker of the drill: creates, rotates and revokes tokens until it is told to stop.
fn work(server: &Running, tokens: &str, owner: &str, phase: &dyn Fn() -> u8, stop: &AtomicBool) -> Vec<Drilled> {
    let http = Client::new();
    let send = |method: Method, path: &str, body: &Value| {
        let url = format!("http://{}{tokens}{path}", server.address);
        let response = http.request(method, url).bearer_auth(owner).json(body).send().unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        response.json::<Value>().ok()
    };
    let mut drilled = Vec::new();
    let issued = |value: Value| (value["id"].as_str().unwrap().to_owned(), value["token"].as_str().unwrap().to_owned());
    while !stop.load(Ordering::Relaxed) {
        for round in 0..3 {
            let (id, secret) = issued(send(Method::POST, "", &json!({"name": "drill"})).unwrap());
            let created_in = phase();
            let ended_in = match round {
                0 => None,
                1 => {
                    let begun = phase();
                    send(Method::DELETE, &format!("/{id}"), &json!({}));
                    // It holds in the backup if it was acknowledged before, and may hold if it was sent before its end.
                    Some(if phase() == 0 { 0 } else { begun.max(1) })
                }
                _ => {
                    let begun = phase();
                    let (_, successor) = issued(send(Method::POST, &format!("/{id}/rotate"), &json!({})).unwrap());
                    drilled.push(Drilled { secret: successor, created_in: phase(), ended_in: None });
                    Some(if phase() == 0 { 0 } else { begun.max(1) })
                }
            };
            drilled.push(Drilled { secret, created_in, ended_in });
        }
    }
    drilled
}

#[test]
fn drill_of_a_backup_under_load_and_its_restore() {
    let directory = directory();
    let server = Running::start(&directory, &["--rate-limit", "off"]);
    let (tokens, owner) = (server.tokens_path(), owner_token(&directory));
    let (backup_begun, backup_ended, done) = (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false));
    let phase = || u8::from(backup_begun.load(Ordering::SeqCst)) + u8::from(backup_ended.load(Ordering::SeqCst));
    let count = || server.list(&format!("{tokens}?limit=100"), &owner).len();
    let drilled: Vec<Drilled> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(|| work(&server, &tokens, &owner, &phase, &done))).collect();
        assert!(holds_in_time(|| count() >= 20));
        backup_begun.store(true, Ordering::SeqCst);
        run_json(&directory, &["backup", "copy.db"]);
        backup_ended.store(true, Ordering::SeqCst);
        assert!(holds_in_time(|| count() >= 40));
        done.store(true, Ordering::Relaxed);
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    stop(server);
    let restored = run_json(&directory, &["restore", "copy.db", "--reactivate"]);
    assert!(restored["kept"].is_string());
    let server = Running::start(&directory, &["--rate-limit", "off", "--refusal-limit", "off"]);
    server.wait_for_readiness(None);
    assert!(run(&directory, &["audit", "verify"]).status.success());
    let mut checked = [0; 2];
    for token in &drilled {
        let status = server.status(&token.secret);
        match (token.created_in, token.ended_in) {
            (0, Some(0)) => {
                assert_eq!(status, 401, "an end that was acknowledged before the backup began");
                checked[0] += 1;
            }
            (0, None | Some(2)) => {
                assert_eq!(status, 200, "a token that was acknowledged before the backup began");
                checked[1] += 1;
            }
            _ => {}
        }
    }
    assert!(checked.iter().all(|count| *count > 0), "{checked:?}");
    assert_eq!(server.status(server.create(&tokens, &owner, "new")["token"].as_str().unwrap()), 200);
}
