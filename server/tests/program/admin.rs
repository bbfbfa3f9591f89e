//! The operator's commands.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::process::{Running, directory, owner_token, program, run, run_json, text};

#[test]
fn organizations_are_listed_with_their_active_tokens() {
    let directory = directory();
    for name in ["acme", "globex"] {
        run_json(&directory, &["organization", "create", name]);
    }
    let output = run(&directory, &["organization", "list"]);
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let printed: Vec<_> =
        lines.iter().map(|line| (line["name"].as_str().unwrap(), line["live_tokens"].as_i64())).collect();
    assert_eq!(printed, [("acme", Some(1)), ("globex", Some(1))]);
}

// The operator creates another owner token, and revokes the leaked one with its descendants.
#[test]
fn leaked_owner_token_is_replaced_next_to_a_running_server() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let leaked = owner_token(&directory);
    let path = server.tokens_path();
    let child = server.create(&path, &leaked, "child");
    let organization = child["org_id"].as_str().unwrap();

    let created = run_json(&directory, &["token", "create-owner", organization]);
    let replacement = created["token"].as_str().unwrap();
    assert_eq!(server.status(replacement), 200);
    let listed = server.list(&path, replacement);
    let leaked_id = listed[0]["id"].as_str().unwrap();
    let revoked = run_json(&directory, &["token", "revoke", leaked_id, "--descendants"]);
    assert_eq!(revoked, json!({"organization_id": organization, "token_id": leaked_id, "revoked": 2}));
    assert_eq!(server.status(&leaked), 401);
    assert_eq!(server.status(child["token"].as_str().unwrap()), 401);
    assert_eq!(server.status(replacement), 200);
    let again = run_json(&directory, &["token", "revoke", leaked_id]);
    assert_eq!(again["revoked"], 0);

    // The audit log has the operator's changes, without an actor.
    let events = server.list(&format!("/api/v1/organizations/{organization}/audit-events"), replacement);
    let without_actor: Vec<_> = events
        .iter()
        .filter(|event| event["actor_id"].is_null() && event["action"] != "api_token.refused")
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    assert_eq!(without_actor, ["api_token.created", "api_token.created", "api_token.revoked", "api_token.revoked"]);
}

#[test]
fn missing_database_token_or_organization_is_reported() {
    const UNKNOWN: &str = "01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77";
    let directory = directory();
    let failed = |arguments: &[&str]| {
        let output = run(&directory, arguments);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{arguments:?}");
        text(&output.stderr)
    };
    for arguments in
        [&["token", "revoke", UNKNOWN][..], &["organization", "list"], &["audit", "verify"], &["backup", "b"]]
    {
        let printed = failed(arguments);
        let remedy =
            "; --database, AETHER_DATABASE or the configuration file (--config) sets the path of the database\n";
        assert!(printed.contains("aether.db: No such file") && printed.ends_with(remedy), "{arguments:?}: {printed}");
    }
    assert!(!directory.path().join("aether.db").exists(), "the commands do not create a database");
    run_json(&directory, &["organization", "create", "acme"]);
    let printed = failed(&["backup", "no/such/directory/copy.db"]);
    assert!(printed.contains("backup failed: no/such/directory: No such file"), "{printed}");
    assert_eq!(failed(&["token", "revoke", UNKNOWN]), format!("aether-server: token {UNKNOWN} does not exist\n"));
    let printed = failed(&["token", "create-owner", UNKNOWN]);
    assert_eq!(printed, format!("aether-server: organization {UNKNOWN} does not exist\n"));
    assert_eq!(run(&directory, &["token", "revoke", "x"]).status.code(), Some(2));
}

#[test]
fn altered_audit_log_is_reported() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    let intact = run_json(&directory, &["audit", "verify"]);
    assert_eq!((&intact["events"], intact["hash"].as_str().map(str::len)), (&json!(1), Some(64)));
    let database = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    database
        .execute_batch("DROP TRIGGER audit_events_are_not_changed; UPDATE audit_events SET request_id = 'another'")
        .unwrap();
    drop(database);
    let output = run(&directory, &["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["problems"], json!(["event 1 was altered, removed or inserted"]));
    assert_eq!(text(&output.stderr), "aether-server: the audit log was altered; the output lists the problems\n");
}

#[test]
fn error_of_the_output_is_not_reported_as_one_of_the_database() {
    let directory = directory();
    let created = run_json(&directory, &["organization", "create", "acme"]);
    let organization = created["organization_id"].as_str().unwrap();
    for arguments in [&["audit", "verify"][..], &["organization", "list"], &["token", "create-owner", organization]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program(&directory).args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).starts_with("aether-server: No space left"), "{}", text(&output.stderr));
    }
}

#[test]
fn backup_of_a_running_server_replaces_the_database() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let owner = owner_token(&directory);
    let path = server.tokens_path();
    let before = server.create(&path, &owner, "before");
    let printed = run_json(&directory, &["backup", "copy.db"]);
    assert_eq!(printed["bytes"].as_u64(), fs::metadata(directory.path().join("copy.db")).ok().map(|file| file.len()));
    let mode = fs::metadata(directory.path().join("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the copy is as private as the original");
    let after = server.create(&path, &owner, "after");
    server.signal("TERM");
    assert!(server.wait().0);
    let again = run(&directory, &["backup", "copy.db"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("copy.db: the file already exists"), "{}", text(&again.stderr));
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");

    fs::rename(directory.path().join("copy.db"), directory.path().join("aether.db")).unwrap();
    let server = Running::start(&directory, &[]);
    assert_eq!(server.status(before["token"].as_str().unwrap()), 200);
    assert_eq!(server.status(after["token"].as_str().unwrap()), 401, "it was created after the backup");
    assert_eq!(run_json(&directory, &["audit", "verify"])["events"], 2);
}

#[test]
fn backup_under_load_is_consistent_and_does_not_stop_the_server() {
    let directory = directory();
    let server = Running::start(&directory, &["--rate-limit", "off"]);
    let (owner, path) = (owner_token(&directory), server.tokens_path());
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut created = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                server.create(&path, &owner, "a");
                created += 1;
            }
            created
        });
        for number in 0..5 {
            run_json(&directory, &["backup", &format!("copy{number}.db")]);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(writing.join().unwrap() > 0);
    });
    for number in 0..5 {
        let intact = run_json(&directory, &["audit", "verify", "--database", &format!("copy{number}.db")]);
        assert_eq!(intact.get("problems"), None);
    }
}

#[test]
fn ends_of_backup_and_verification_are_recorded() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    let finished = || {
        let database = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
        let mut statement = database.prepare("SELECT task, finished_at FROM finished_tasks ORDER BY task").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<Vec<(String, i64)>, _>>().unwrap()
    };
    assert_eq!(finished(), []);
    assert_eq!(run(&directory, &["backup", "no/such/directory/copy.db"]).status.code(), Some(1));
    assert_eq!(finished(), [], "the backup failed");
    run_json(&directory, &["backup", "copy.db"]);
    run_json(&directory, &["audit", "verify"]);
    let first = finished();
    assert_eq!(first.iter().map(|(task, _)| &**task).collect::<Vec<_>>(), ["audit_verify", "backup"]);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    assert!(first.iter().all(|(_, time)| now - u128::try_from(*time).unwrap() < 60_000), "{first:?} {now}");

    // A broken chain is not a successful verification.
    let database = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    database
        .execute_batch("UPDATE finished_tasks SET finished_at = 1; UPDATE organizations SET audit_sequence = 9")
        .unwrap();
    drop(database);
    assert_eq!(run(&directory, &["audit", "verify"]).status.code(), Some(1));
    assert_eq!(finished(), [("audit_verify".to_owned(), 1), ("backup".to_owned(), 1)]);
}

#[test]
fn backup_of_a_locked_database_succeeds_with_a_warning() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    let database = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let output = run(&directory, &["backup", "copy.db"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let expected = "aether-server: the time of the backup was not recorded in the database: the database is busy\n";
    assert_eq!(text(&output.stderr), expected);
    assert!(directory.path().join("copy.db").exists());
}
