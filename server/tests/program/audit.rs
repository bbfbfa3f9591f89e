//! The verification and the export of the audit log, by commands on the database of a real server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use aether_server::audit::{Action, ChainHead, Event, Hash, NewEvent, Origin};
use aether_server::timestamp::Timestamp;
use aether_server::tokens::RefusalReason;
use reqwest::blocking::Client;
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::process::{Running, directory, holds_in_time, owner_token, program, run, run_json, skip, text};

/// A database with tokens of every kind, whose server has stopped.
struct Past {
    directory: TempDir,
    organization: String,
    /// The ids: an active token, one that got an expiry, one with a successor, a revoked one, and a child that was revoked with its creator.
    active: String,
    bounded: String,
    rotated: String,
    revoked: String,
    child: String,
}

impl Past {
    fn new() -> Self {
        let directory = directory();
        let server = Running::start(&directory, &["--rate-limit", "off"]);
        let (owner, path) = (owner_token(&directory), server.tokens_path());
        let organization = path.split('/').nth(4).unwrap().to_owned();
        let client = Client::new();
        let send = |method: &str, path: &str, token: &str, body: Value| -> Value {
            let url = format!("http://{}{path}", server.address);
            let request = client.request(method.parse().unwrap(), url).bearer_auth(token);
            let request = if body.is_null() { request } else { request.json(&body) };
            let response = request.send().unwrap();
            assert!(response.status().is_success(), "{method} {path}: {}", response.status());
            response.json().unwrap_or_default()
        };
        let create = |token: &str| {
            send("POST", &path, token, json!({"name": "a", "scopes": ["api-tokens:write", "api-tokens:read"]}))
        };
        let id = |token: &Value| token["id"].as_str().unwrap().to_owned();
        let [active, bounded, rotated, creator, revoked] = std::array::from_fn(|_| create(&owner));
        let child = create(creator["token"].as_str().unwrap());
        let one = |token: &Value| format!("{path}/{}", id(token));
        send("PUT", &one(&active), &owner, json!({"name": "b"}));
        send("PUT", &one(&bounded), &owner, json!({"expires_at": "2100-01-01T00:00:00Z"}));
        send("POST", &format!("{}/rotate", one(&rotated)), &owner, json!({"grace_seconds": 60}));
        send("DELETE", &one(&revoked), &owner, Value::Null);
        send("DELETE", &format!("{}?descendants=true", one(&creator)), &owner, Value::Null);
        server.signal("TERM");
        assert!(server.wait().0);
        let [active, bounded, rotated, revoked, child] =
            [active, bounded, rotated, revoked, child].map(|token| id(&token));
        Self { directory, organization, active, bounded, rotated, revoked, child }
    }

    /// Appends events to the log, of refused requests.
    fn prolong(&self, count: u64) {
        let mut database = Connection::open(self.path("aether.db")).unwrap();
        let transaction = database.transaction().unwrap();
        let organization: Uuid = self.organization.parse().unwrap();
        let select = "SELECT audit_sequence, audit_hash FROM organizations WHERE id = ?";
        let head = |row: &Row<'_>| Ok(ChainHead { sequence: row.get(0)?, hash: Hash(row.get(1)?) });
        let mut head = transaction.query_row(select, [organization], head).unwrap();
        let insert = "INSERT INTO audit_events (org_id, sequence, id, occurred_at, action, token_id, changed, reason, count, hash) \
                      VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?)";
        let mut insert = transaction.prepare(insert).unwrap();
        for number in 0..count {
            let event = NewEvent {
                organization_id: organization,
                token_id: self.active.parse().unwrap(),
                occurred_at: Timestamp::from_millis(0),
                action: Action::Refused { reason: RefusalReason::Revoked, count: 1 },
                origin: Origin::default(),
            };
            let event = head.append(event, Uuid::from_u128(number.into()));
            head = ChainHead::of(&event);
            let Event { id, sequence, action, token_id, reason, count, .. } = event;
            insert
                .execute(params![organization, sequence, id, 0, action, token_id, reason, count, event.hash.0])
                .unwrap();
        }
        drop(insert);
        let update = "UPDATE organizations SET audit_sequence = ?, audit_hash = ? WHERE id = ?";
        transaction.execute(update, params![head.sequence, head.hash.0, organization]).unwrap();
        transaction.commit().unwrap();
    }

    /// Changes the database as somebody who has its file can.
    fn tamper(&self, sql: &str) {
        let database = Connection::open(self.directory.path().join("aether.db")).unwrap();
        database
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 DROP TRIGGER IF EXISTS audit_events_are_not_changed; DROP TRIGGER IF EXISTS audit_events_are_not_removed",
            )
            .unwrap();
        database.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn verify(&self, arguments: &[&str]) -> (Output, Vec<Value>) {
        let output = run(&self.directory, &[&["audit", "verify"], arguments].concat());
        let lines = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output, lines)
    }

    /// The SQL of an id.
    fn blob(id: &str) -> String {
        format!("X'{}'", id.replace('-', ""))
    }

    fn export(&self, arguments: &[&str]) -> Output {
        run(&self.directory, &[&["audit", "export"], arguments].concat())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }
}

#[test]
fn every_difference_between_the_log_and_the_tokens_is_named() {
    let past = Past::new();
    let (output, lines) = past.verify(&[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((lines.len(), lines[0].get("problems")), (1, None), "{lines:?}");
    fs::copy(past.path("aether.db"), past.path("good.db")).unwrap();
    let [active, bounded, rotated, revoked, child] =
        [&past.active, &past.bounded, &past.rotated, &past.revoked, &past.child].map(|id| Past::blob(id));
    let organization = Past::blob(&past.organization);
    let update = |set: &str, id: &str| format!("UPDATE api_tokens SET {set} WHERE id = {id}");
    for (sql, expected) in [
        (update("revoked_at = NULL", &revoked), format!("token {} has the revoked_at none in its row, and 2", past.revoked)),
        (update("revoked_at = revoked_at + 1", &revoked), format!("token {} has the revoked_at 2", past.revoked)),
        (update("revoked_at = 1764000000000", &active), "in its row, and none in the log".into()),
        (update("revoked_at = NULL, tree_revoked = 0", &child), format!("token {} is not revoked with all that it created", past.child)),
        (update("rotated_to = NULL", &rotated), format!("token {} has the rotated_to none in its row", past.rotated)),
        (update(&format!("rotated_to = {rotated}"), &active), format!("token {} has the rotated_to {}", past.active, past.rotated)),
        (update("expires_at = NULL", &rotated), format!("token {} has a successor, and does not expire", past.rotated)),
        (update("created_at = created_at - 1", &active), format!("token {} has the created_at", past.active)),
        (update("created_by = NULL", &active), format!("token {} has the created_by none in its row", past.active)),
        (update("tree_revoked = 1", &active), format!("token {} is not revoked, and is marked", past.active)),
        (update("expires_at = 4102444800000, expired_seen_at = 5", &active), "was seen expired before its expiry".into()),
        (update("expires_at = expires_at + 700000000", &rotated), format!("token {} has a successor, and does not", past.rotated)),
        (update("expires_at = NULL", &bounded), format!("token {} has no expiry, and the log has the change", past.bounded)),
        (
            "UPDATE organizations SET created_at = 0".into(),
            "the organization has another created_at in its row than its first token".into(),
        ),
        (format!("DELETE FROM api_tokens WHERE id = {active}"), format!("token {} has no row", past.active)),
        (
            format!(
                "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at)
                 SELECT org_id, X'0190{:028}', 'b', prefix, randomblob(32), '*', created_at FROM api_tokens WHERE id = {active}",
                0
            ),
            "token 01900000-0000-0000-0000-000000000000 has no creation in the log".into(),
        ),
        (format!("DELETE FROM audit_events WHERE token_id = {active}"), format!("token {} has no creation in the log", past.active)),
        ("DELETE FROM audit_events WHERE sequence > 3".into(), "the events 4 to ".into()),
        ("UPDATE audit_events SET address = '10.0.0.1' WHERE sequence = 2".into(), "event 2 was altered, removed or inserted".into()),
        ("UPDATE organizations SET audit_sequence = 1".into(), "event 1 was altered, removed or inserted".into()),
        (
            format!("DELETE FROM organizations WHERE id = {organization}"),
            "the organization has no row, and api_tokens has rows of it".into(),
        ),
    ] {
        past.tamper(&sql);
        let (output, lines) = past.verify(&[]);
        let problems: Vec<_> = lines.iter().flat_map(|line| line["problems"].as_array().cloned().unwrap_or_default()).collect();
        assert!(problems.iter().any(|problem| problem.as_str().unwrap().contains(&expected)), "{sql}: {problems:#?}");
        assert_eq!(output.status.code(), Some(1), "{sql}");
        fs::copy(past.path("good.db"), past.path("aether.db")).unwrap();
    }
}

#[test]
fn kept_hash_finds_a_log_that_is_consistent_but_another_one() {
    let past = Past::new();
    let (_, lines) = past.verify(&[]);
    let hash = lines[0]["hash"].as_str().unwrap().to_owned();
    fs::write(past.path("kept.jsonl"), format!("{}\n", lines[0])).unwrap();
    let kept: [&[&str]; 3] =
        [&["--expect", &hash], &["--expect-from", "kept.jsonl"], &["--expect-from", "archive.jsonl"]];
    assert!(past.export(&["--before", "0s", "--output", "archive.jsonl"]).status.success());
    for arguments in kept {
        assert!(past.verify(arguments).0.status.success(), "{arguments:?}");
    }
    // Later events leave a kept hash where it is.
    run_json(&past.directory, &["token", "revoke", &past.active]);
    assert!(past.verify(kept[0]).0.status.success());

    // An earlier state of the database is consistent, and so is another database.
    let other = directory();
    run_json(&other, &["organization", "create", "acme"]);
    fs::copy(other.path().join("aether.db"), past.path("aether.db")).unwrap();
    assert!(past.verify(&[]).0.status.success(), "the log is consistent");
    for arguments in kept {
        let (output, lines) = past.verify(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let last = lines.iter().find(|line| line["expected"] == hash).unwrap_or_else(|| panic!("{lines:?}"));
        assert_eq!(
            last["problems"],
            json!([
                "no event has this hash: events up to that one were altered or removed, or this is an earlier state"
            ])
        );
    }
    for (wrong, message) in [("x", "64 hex digits"), ("0x", "64 hex digits")] {
        let (output, _) = past.verify(&["--expect", wrong]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
    }
    fs::write(past.path("kept.jsonl"), "{}\n").unwrap();
    let (output, _) = past.verify(&["--expect-from", "kept.jsonl"]);
    assert!(text(&output.stderr).contains("kept.jsonl: line 1 has no hash"), "{}", text(&output.stderr));
}

#[test]
fn archive_is_verified_without_the_database_and_continued() {
    let past = Past::new();
    // A moment between two events of the log.
    let database = Connection::open(past.path("aether.db")).unwrap();
    let middle: i64 = database
        .query_row("SELECT max(occurred_at) FROM audit_events WHERE sequence <= 4", [], |row| row.get(0))
        .unwrap();
    let total: i64 = database.query_row("SELECT count(*) FROM audit_events", [], |row| row.get(0)).unwrap();
    drop(database);
    let before = chrono::DateTime::from_timestamp_millis(middle + 1).unwrap().to_rfc3339();
    let first = past.export(&["--before", &before, "--output", "first.jsonl"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let mode = fs::metadata(past.path("first.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let printed: Value = serde_json::from_slice(&first.stdout).unwrap();
    let events = printed["events"].as_i64().unwrap();
    assert!((4..total).contains(&events), "{events} of {total}");
    let second = past.export(&["--before", "0s", "--after", "first.jsonl"]);
    assert!(second.status.success(), "{}", text(&second.stderr));
    fs::write(past.path("second.jsonl"), &second.stdout).unwrap();
    let lines: Vec<Value> = text(&second.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["after"]["sequence"], events);
    assert_eq!(lines.len(), usize::try_from(total - events).unwrap() + 1);
    assert_eq!(lines[1]["sequence"], events + 1);

    let (both, _) = past.verify(&["--archive", "first.jsonl", "--archive", "second.jsonl"]);
    assert!(both.status.success(), "{}", text(&both.stderr));
    let whole: Value = serde_json::from_slice(&both.stdout).unwrap();
    assert_eq!((&whole["after"]["sequence"], &whole["last"]["sequence"]), (&json!(0), &json!(total)));
    assert!(past.verify(&["--archive", "second.jsonl"]).0.status.success());
    let kept = whole["last"]["hash"].as_str().unwrap();
    assert!(past.verify(&["--archive", "second.jsonl", "--expect", kept]).0.status.success());
    assert_eq!(past.verify(&["--archive", "first.jsonl", "--expect", kept]).0.status.code(), Some(1));

    for arguments in [["--archive", "/dev/zero"], ["--expect-from", "/dev/zero"]] {
        let (endless, _) = past.verify(&arguments);
        assert_eq!(endless.status.code(), Some(1));
        assert!(text(&endless.stderr).contains("a line is larger than 1 MiB"), "{}", text(&endless.stderr));
    }
    // The variables of the database are for other commands, and a flag is not.
    let mut command = program(&past.directory);
    command.args(["audit", "verify", "--archive", "first.jsonl"]);
    command.envs([("AETHER_DATABASE", "missing.db"), ("AETHER_CONFIG", "missing.toml")]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = command.args(["--database", "missing.db"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot be used with"), "{}", text(&output.stderr));
    let (gap, _) = past.verify(&["--archive", "second.jsonl", "--archive", "first.jsonl"]);
    assert!(text(&gap.stderr).contains("do not continue those of the archive before"), "{}", text(&gap.stderr));
    let original = fs::read_to_string(past.path("first.jsonl")).unwrap();
    let all: Vec<_> = original.lines().collect();
    let altered = [
        (original.replacen("api_token.created", "api_token.revoked", 1), "line 2: the event 1 of "),
        ([&all[..2], &all[3..]].concat().join("\n"), "line 3: the event 2 of "),
        (all[..all.len() - 1].join("\n"), " are missing"),
        ([&all[..], &all[all.len() - 1..]].concat().join("\n"), " was altered, removed or inserted"),
        (all[1..].join("\n"), "line 1 is neither a header nor an event"),
        ("nonsense".to_owned(), "line 1 is neither a header nor an event"),
        (String::new(), "the file is empty"),
    ];
    for (content, message) in altered {
        fs::write(past.path("altered.jsonl"), content).unwrap();
        let (output, _) = past.verify(&["--archive", "altered.jsonl"]);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(text(&output.stderr).contains(message), "{message}: {}", text(&output.stderr));
    }
    // An archive has every organization of its log.
    let other = directory();
    run_json(&other, &["organization", "create", "acme"]);
    let archive = past.path("first.jsonl");
    let other = run(&other, &["audit", "export", "--before", "0s", "--after", archive.to_str().unwrap()]);
    assert_eq!(other.status.code(), Some(1));
    assert!(text(&other.stderr).contains("does not have the event"), "{}", text(&other.stderr));
    // A log that does not continue the archive is not exported as if it did.
    past.tamper("UPDATE audit_events SET hash = zeroblob(32) WHERE sequence = 4");
    let refused = past.export(&["--before", "0s", "--after", "first.jsonl"]);
    assert!(!refused.status.success());
}

#[test]
fn export_removes_nothing_and_replaces_no_file() {
    let past = Past::new();
    let (_, before) = past.verify(&[]);
    fs::write(past.path("mine"), "notes").unwrap();
    let output = past.export(&["--before", "0s", "--output", "mine"]);
    assert!(text(&output.stderr).contains("mine: "), "{}", text(&output.stderr));
    assert_eq!((output.status.code(), fs::read_to_string(past.path("mine")).unwrap()), (Some(1), "notes".to_owned()));
    let none = past.export(&["--before", "2000-01-01T00:00:00Z"]);
    let header: Value = serde_json::from_slice(&none.stdout).unwrap();
    assert_eq!((&header["after"], &header["last"]["sequence"]), (&header["last"], &json!(0)));
    let unknown = past.export(&["--before", "0s", "--organization", "018f2e6a-0000-7000-8000-000000000000"]);
    assert!(text(&unknown.stderr).contains("does not exist"), "{}", text(&unknown.stderr));
    assert_eq!(past.export(&["--before", "yesterday"]).status.code(), Some(2));
    assert_eq!(past.verify(&[]).1, before);
}

#[test]
fn export_that_a_signal_ends_leaves_no_file() {
    let past = Past::new();
    past.prolong(20_000);
    let files = || {
        let names = fs::read_dir(past.path("")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("export") || name == "archive.jsonl").collect::<Vec<_>>()
    };
    let mut command = program(&past.directory);
    command.args(["audit", "export", "--before", "0s", "--output", "archive.jsonl"]);
    let export = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(holds_in_time(|| !files().is_empty()));
    assert!(Command::new("kill").arg(export.id().to_string()).status().unwrap().success());
    let output = export.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(1), "aether-server: stopped by a signal\n"));
    assert_eq!(files(), [""; 0]);
}

/// The program of the guide verifies an archive in another language.
#[test]
fn program_of_the_guide_verifies_an_archive() {
    let past = Past::new();
    assert!(past.export(&["--before", "0s", "--output", "archive.jsonl"]).status.success());
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit.md")).unwrap();
    let program = guide.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program");
    let verify = |archive: &str| Command::new("python3").args(["-c", program]).arg(past.path(archive)).output().ok();
    let Some(intact) = verify("archive.jsonl") else { return skip("python3") };
    assert!(intact.status.success(), "{}", text(&intact.stderr));
    let archive = fs::read_to_string(past.path("archive.jsonl")).unwrap();
    fs::write(past.path("altered.jsonl"), archive.replacen("127.0.0.1", "127.0.0.2", 1)).unwrap();
    assert!(!verify("altered.jsonl").unwrap().status.success());
}
