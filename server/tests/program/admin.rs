//! The operator's commands.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Running, directory, owner_token, run, text};

fn run_json(directory: &tempfile::TempDir, arguments: &[&str]) -> Value {
    let output = run(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn status(server: &Running, token: &str) -> u16 {
    let url = format!("http://{}/api/v1/api-tokens/current", server.address);
    reqwest::blocking::Client::new().get(url).bearer_auth(token).send().expect("a response").status().as_u16()
}

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

/// The operator creates another owner token, and revokes the leaked one with its descendants.
#[test]
fn leaked_owner_token_is_replaced_next_to_a_running_server() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let leaked = owner_token(&directory);
    let client = reqwest::blocking::Client::new();
    let url = format!("http://{}{}", server.address, server.tokens_path());
    let child: Value =
        client.post(&url).bearer_auth(&leaked).json(&json!({"name": "child"})).send().unwrap().json().unwrap();
    let organization = child["org_id"].as_str().unwrap();

    let created = run_json(&directory, &["token", "create-owner", organization]);
    let replacement = created["token"].as_str().unwrap();
    assert_eq!(status(&server, replacement), 200);
    let page: Value = client.get(&url).bearer_auth(replacement).send().unwrap().json().unwrap();
    let leaked_id = page["items"][0]["id"].as_str().unwrap();
    let revoked = run_json(&directory, &["token", "revoke", leaked_id, "--descendants"]);
    assert_eq!(revoked, json!({"organization_id": organization, "token_id": leaked_id, "revoked": 2}));
    assert_eq!(status(&server, &leaked), 401);
    assert_eq!(status(&server, child["token"].as_str().unwrap()), 401);
    assert_eq!(status(&server, replacement), 200);
    let again = run_json(&directory, &["token", "revoke", leaked_id]);
    assert_eq!(again["revoked"], 0);

    // The audit log has the operator's changes, without an actor.
    let events = format!("http://{}/api/v1/organizations/{organization}/audit-events", server.address);
    let events: Value = client.get(events).bearer_auth(replacement).send().unwrap().json().unwrap();
    let without_actor: Vec<_> = events["items"]
        .as_array()
        .unwrap()
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
        assert!(failed(arguments).contains("aether.db: No such file"), "{arguments:?}");
    }
    assert!(!directory.path().join("aether.db").exists(), "the commands do not create a database");
    run_json(&directory, &["organization", "create", "acme"]);
    let printed = failed(&["backup", "no/such/directory/copy.db"]);
    assert!(printed.contains("backup failed: no/such/directory/copy.db.partial: No such file"), "{printed}");
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
    assert_eq!(line["problem"], "event 1 was altered, removed or inserted");
    assert_eq!(text(&output.stderr), "aether-server: the audit log was altered; the output lists the problems\n");
}

#[test]
fn backup_of_a_running_server_replaces_the_database() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let owner = owner_token(&directory);
    let client = reqwest::blocking::Client::new();
    let create = |server: &Running, path: &str, name: &str| -> Value {
        let url = format!("http://{}{path}", server.address);
        client.post(url).bearer_auth(&owner).json(&json!({"name": name})).send().unwrap().json().unwrap()
    };
    let path = server.tokens_path();
    let before = create(&server, &path, "before");
    let printed = run_json(&directory, &["backup", "copy.db"]);
    assert_eq!(printed["bytes"].as_u64(), fs::metadata(directory.path().join("copy.db")).ok().map(|file| file.len()));
    let mode = fs::metadata(directory.path().join("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the copy is as private as the original");
    let after = create(&server, &path, "after");
    server.signal("TERM");
    assert!(server.wait().0);
    let again = run(&directory, &["backup", "copy.db"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("copy.db: the file already exists"), "{}", text(&again.stderr));
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");

    fs::rename(directory.path().join("copy.db"), directory.path().join("aether.db")).unwrap();
    let server = Running::start(&directory, &[]);
    assert_eq!(status(&server, before["token"].as_str().unwrap()), 200);
    assert_eq!(status(&server, after["token"].as_str().unwrap()), 401, "it was created after the backup");
    assert_eq!(run_json(&directory, &["audit", "verify"])["events"], 2);
}

#[test]
fn backup_under_load_is_consistent_and_does_not_stop_the_server() {
    let directory = directory();
    let server = Running::start(&directory, &["--rate-limit", "off"]);
    let (owner, url) = (owner_token(&directory), format!("http://{}{}", server.address, server.tokens_path()));
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let client = reqwest::blocking::Client::new();
            let mut created = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let response = client.post(&url).bearer_auth(&owner).json(&json!({"name": "a"})).send().unwrap();
                assert_eq!(response.status(), 201);
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
        assert_eq!(intact.get("problem"), None);
    }
}

#[test]
fn tokens_are_purged_after_the_retention_time() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (owner, path) = (owner_token(&directory), server.tokens_path());
    let client = reqwest::blocking::Client::new();
    let url = format!("http://{}{path}", server.address);
    for _ in 0..3 {
        let created: Value =
            client.post(&url).bearer_auth(&owner).json(&json!({"name": "a"})).send().unwrap().json().unwrap();
        let revoke = client.delete(format!("{url}/{}", created["id"].as_str().unwrap())).bearer_auth(&owner);
        assert_eq!(revoke.send().unwrap().status(), 204);
    }
    drop(server);
    let database = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    let sql = "UPDATE api_tokens SET revoked_at = revoked_at - 90000000 WHERE name = 'a' AND id > \
               (SELECT min(id) FROM api_tokens WHERE name = 'a')";
    assert_eq!(database.execute(sql, []).unwrap(), 2);
    let server = Running::start(&directory, &["--retention", "1d", "--rate-limit", "off"]);
    let url = format!("http://{}{path}", server.address);
    // The purge runs in the background, soon after the start.
    let (mut left, deadline) = (0, Instant::now() + Duration::from_secs(60));
    while left != 2 && Instant::now() < deadline {
        let page: Value = client.get(&url).bearer_auth(&owner).send().unwrap().json().unwrap();
        left = page["items"].as_array().map_or(0, Vec::len);
    }
    assert_eq!(left, 2, "the owner, and the token within its retention time");
}
