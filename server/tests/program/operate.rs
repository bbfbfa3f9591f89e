//! What the operator can do on the machine of the database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Running, folder, owner_token, run, text};

fn printed(folder: &tempfile::TempDir, arguments: &[&str]) -> Value {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn status(server: &Running, token: &str) -> u16 {
    let url = format!("http://{}/api/v1/api-tokens/current", server.address);
    reqwest::blocking::Client::new().get(url).bearer_auth(token).send().expect("an answer").status().as_u16()
}

#[test]
fn organizations_are_listed() {
    let folder = folder();
    for name in ["acme", "globex"] {
        printed(&folder, &["organization", "create", name]);
    }
    let output = run(&folder, &["organization", "list"]);
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        lines.iter().map(|line| (line["name"].as_str().unwrap(), line["live_tokens"].as_i64())).collect();
    assert_eq!(told, [("acme", Some(1)), ("globex", Some(1))]);
}

/// The owner token has leaked: its successor comes from the machine, and the old one ends at once, with all it made.
#[test]
fn a_leaked_owner_token_is_replaced_while_the_server_runs() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let leaked = owner_token(&folder);
    let client = reqwest::blocking::Client::new();
    let url = format!("http://{}{}", server.address, server.tokens_path());
    let child: Value =
        client.post(&url).bearer_auth(&leaked).json(&json!({"name": "child"})).send().unwrap().json().unwrap();
    let organization = child["org_id"].as_str().unwrap();

    let made = printed(&folder, &["token", "create-owner", organization]);
    let replacement = made["token"].as_str().unwrap();
    assert_eq!(status(&server, replacement), 200);
    let page: Value = client.get(&url).bearer_auth(replacement).send().unwrap().json().unwrap();
    let leaked_id = page["items"][0]["id"].as_str().unwrap();
    let revoked = printed(&folder, &["token", "revoke", leaked_id, "--descendants"]);
    assert_eq!(revoked, json!({"organization_id": organization, "token_id": leaked_id, "revoked": 2}));
    assert_eq!(status(&server, &leaked), 401);
    assert_eq!(status(&server, child["token"].as_str().unwrap()), 401);
    assert_eq!(status(&server, replacement), 200);
    let again = printed(&folder, &["token", "revoke", leaked_id]);
    assert_eq!(again["revoked"], 0);

    // All of it is in the audit log, and nobody's token did it.
    let events = format!("http://{}/api/v1/organizations/{organization}/audit-events", server.address);
    let events: Value = client.get(events).bearer_auth(replacement).send().unwrap().json().unwrap();
    let by_hand: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["actor_id"].is_null() && event["action"] != "api_token.refused")
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    assert_eq!(by_hand, ["api_token.created", "api_token.created", "api_token.revoked", "api_token.revoked"]);
}

#[test]
fn what_is_not_there_is_said() {
    const NOBODY: &str = "01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77";
    let folder = folder();
    let failed = |arguments: &[&str]| {
        let output = run(&folder, arguments);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{arguments:?}");
        text(&output.stderr)
    };
    for arguments in
        [&["token", "revoke", NOBODY][..], &["organization", "list"], &["audit", "verify"], &["backup", "b"]]
    {
        assert!(failed(arguments).contains("aether.db: No such file"), "{arguments:?}");
    }
    assert!(!folder.path().join("aether.db").exists(), "a command about what is there makes no database");
    printed(&folder, &["organization", "create", "acme"]);
    let told = failed(&["backup", "no/such/folder/copy.db"]);
    assert!(told.contains("no backup was made: no/such/folder/copy.db.partial: No such file"), "{told}");
    assert_eq!(failed(&["token", "revoke", NOBODY]), format!("aether-server: there is no token {NOBODY}\n"));
    let told = failed(&["token", "create-owner", NOBODY]);
    assert_eq!(told, format!("aether-server: there is no organization {NOBODY}\n"));
    assert_eq!(run(&folder, &["token", "revoke", "x"]).status.code(), Some(2));
}

#[test]
fn an_altered_audit_log_is_found() {
    let folder = folder();
    printed(&folder, &["organization", "create", "acme"]);
    let whole = printed(&folder, &["audit", "verify"]);
    assert_eq!((&whole["events"], whole["hash"].as_str().map(str::len)), (&json!(1), Some(64)));
    let database = rusqlite::Connection::open(folder.path().join("aether.db")).unwrap();
    database
        .execute_batch("DROP TRIGGER audit_events_are_not_changed; UPDATE audit_events SET request_id = 'another'")
        .unwrap();
    drop(database);
    let output = run(&folder, &["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["problem"], "the event 1 was altered, removed or put in");
    assert_eq!(text(&output.stderr), "aether-server: the audit log is not what was written\n");
}

#[test]
fn a_backup_of_a_running_server_is_put_in_the_place_of_the_database() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let owner = owner_token(&folder);
    let client = reqwest::blocking::Client::new();
    let create = |server: &Running, path: &str, name: &str| -> Value {
        let url = format!("http://{}{path}", server.address);
        client.post(url).bearer_auth(&owner).json(&json!({"name": name})).send().unwrap().json().unwrap()
    };
    let path = server.tokens_path();
    let before = create(&server, &path, "before");
    let told = printed(&folder, &["backup", "copy.db"]);
    assert_eq!(told["bytes"].as_u64(), fs::metadata(folder.path().join("copy.db")).ok().map(|file| file.len()));
    let mode = fs::metadata(folder.path().join("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it names tokens and what they may do, as the original does");
    let after = create(&server, &path, "after");
    server.signal("TERM");
    assert!(server.wait().0);
    let again = run(&folder, &["backup", "copy.db"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("copy.db: it is there already"), "{}", text(&again.stderr));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");

    fs::rename(folder.path().join("copy.db"), folder.path().join("aether.db")).unwrap();
    let server = Running::start(&folder, &[]);
    assert_eq!(status(&server, before["token"].as_str().unwrap()), 200);
    assert_eq!(status(&server, after["token"].as_str().unwrap()), 401, "it was made later");
    assert_eq!(printed(&folder, &["audit", "verify"])["events"], 2);
}

/// A backup under load is of one moment, and the server goes on meanwhile.
#[test]
fn a_backup_does_not_wait_for_the_writing_to_stop() {
    let folder = folder();
    let server = Running::start(&folder, &["--rate-limit", "off"]);
    let (owner, url) = (owner_token(&folder), format!("http://{}{}", server.address, server.tokens_path()));
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let client = reqwest::blocking::Client::new();
            let mut made = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let answer = client.post(&url).bearer_auth(&owner).json(&json!({"name": "a"})).send().unwrap();
                assert_eq!(answer.status(), 201);
                made += 1;
            }
            made
        });
        for number in 0..5 {
            printed(&folder, &["backup", &format!("copy{number}.db")]);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(writing.join().unwrap() > 0);
    });
    for number in 0..5 {
        let whole = printed(&folder, &["audit", "verify", "--database", &format!("copy{number}.db")]);
        assert_eq!(whole.get("problem"), None);
    }
}

#[test]
fn what_is_over_for_long_enough_is_purged() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let (owner, path) = (owner_token(&folder), server.tokens_path());
    let client = reqwest::blocking::Client::new();
    let url = format!("http://{}{path}", server.address);
    for _ in 0..3 {
        let made: Value =
            client.post(&url).bearer_auth(&owner).json(&json!({"name": "a"})).send().unwrap().json().unwrap();
        let revoke = client.delete(format!("{url}/{}", made["id"].as_str().unwrap())).bearer_auth(&owner);
        assert_eq!(revoke.send().unwrap().status(), 204);
    }
    drop(server);
    let database = rusqlite::Connection::open(folder.path().join("aether.db")).unwrap();
    let sql = "UPDATE api_tokens SET revoked_at = revoked_at - 90000000 WHERE name = 'a' AND id > \
               (SELECT min(id) FROM api_tokens WHERE name = 'a')";
    assert_eq!(database.execute(sql, []).unwrap(), 2);
    let server = Running::start(&folder, &["--retention", "1d", "--rate-limit", "off"]);
    let url = format!("http://{}{path}", server.address);
    // It is done beside everything else, soon after the start.
    let (mut left, deadline) = (0, Instant::now() + Duration::from_secs(60));
    while left != 2 && Instant::now() < deadline {
        let page: Value = client.get(&url).bearer_auth(&owner).send().unwrap().json().unwrap();
        left = page["items"].as_array().map_or(0, Vec::len);
    }
    assert_eq!(left, 2, "the owner, and the one that is not over for long enough");
}
