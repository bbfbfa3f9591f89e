//! `aether-server token list` and `token show`.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, directory, owner_token, run, run_json, text};

fn lines(directory: &TempDir, arguments: &[&str]) -> Vec<Value> {
    let output = run(directory, &[&["token"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(directory: &TempDir, arguments: &[&str]) -> Vec<String> {
    let name = |line: &Value| line["name"].as_str().unwrap().to_owned();
    lines(directory, arguments).iter().map(name).collect()
}

#[test]
fn tokens_are_listed_by_organization_state_and_prefix() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (owner, path) = (owner_token(&directory), server.tokens_path());
    let (kept, revoked) = (server.create(&path, &owner, "kept"), server.create(&path, &owner, "revoked"));
    assert_eq!(server.revoke(&path, &owner, &revoked["id"]), 204);
    let other = run_json(&directory, &["organization", "create", "acme"]);

    assert_eq!(names(&directory, &["list"]), ["owner", "kept", "revoked", "owner"]);
    assert_eq!(names(&directory, &["list", "--state", "active"]), ["owner", "kept", "owner"]);
    assert_eq!(names(&directory, &["list", "--state", "revoked"]), ["revoked"]);
    assert_eq!(names(&directory, &["list", "--state", "expired"]), [""; 0]);
    for organization in ["acme", other["organization_id"].as_str().unwrap()] {
        let listed = lines(&directory, &["list", "--organization", organization]);
        assert_eq!((listed.len(), &listed[0]["id"]), (1, &other["token_id"]));
    }
    let prefix = kept["prefix"].as_str().unwrap();
    assert_eq!(names(&directory, &["list", "--prefix", prefix]), ["kept"]);
    assert_eq!(names(&directory, &["list", "--prefix", "aether_"]).len(), 4);
    // A line is the token as the API describes it.
    let of_api = server.list(&path, &owner).into_iter().find(|token| token["id"] == kept["id"]);
    assert_eq!(lines(&directory, &["list", "--prefix", prefix]), [of_api.unwrap()]);
    let unknown = run(&directory, &["token", "list", "--organization", "globex"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("the organization does not exist"), "{}", text(&unknown.stderr));
}

#[test]
fn list_of_more_tokens_than_a_page_is_complete() {
    let directory = directory();
    let created = run_json(&directory, &["organization", "create", "acme"]);
    let mut database = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    let organization: uuid::Uuid = created["organization_id"].as_str().unwrap().parse().unwrap();
    let transaction = database.transaction().unwrap();
    for _ in 0..6_000 {
        let sql = "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, revoked_at) \
                   VALUES (?, ?, 'a', 'aether_00000000', randomblob(32), '', 0, 1)";
        transaction.execute(sql, (organization, uuid::Uuid::now_v7())).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let listed = lines(&directory, &["list"]);
    let ids: std::collections::BTreeSet<_> = listed.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!((listed.len(), ids.len()), (6_001, 6_001));
    // More tokens are skipped than a page reads.
    assert_eq!(names(&directory, &["list", "--state", "active"]), ["owner"]);
}

#[test]
fn token_is_shown_with_its_creators_and_its_predecessor() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (owner, path) = (owner_token(&directory), server.tokens_path());
    let client = reqwest::blocking::Client::new();
    let post = |path: &str, token: &str, body: Value| -> Value {
        let url = format!("http://{}{path}", server.address);
        let response = client.post(url).bearer_auth(token).json(&body).send().unwrap();
        assert_eq!(response.status(), 201);
        response.json().unwrap()
    };
    let child = post(&path, &owner, json!({"name": "child", "scopes": ["*"]}));
    let grandchild = post(&path, child["token"].as_str().unwrap(), json!({"name": "grandchild"}));
    let id = grandchild["id"].as_str().unwrap();
    let successor = post(&format!("{path}/{id}/rotate"), &owner, json!({}));

    let shown = run_json(&directory, &["token", "show", successor["id"].as_str().unwrap()]);
    assert_eq!((&shown["organization"], &shown["predecessor"]), (&json!("default"), &json!(id)));
    assert_eq!(shown["rotated_to"], Value::Null);
    let by_prefix = run_json(&directory, &["token", "show", grandchild["prefix"].as_str().unwrap()]);
    assert_eq!((&by_prefix["id"], &by_prefix["rotated_to"]), (&json!(id), &successor["id"]));
    assert_eq!(by_prefix["predecessor"], Value::Null);
    let creators: Vec<_> = by_prefix["creators"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(creators, ["child", "owner"]);
    for (token, status, expected) in [
        ("01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77", 1, "token 01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77 does not exist"),
        ("aether_00000000", 1, "no token has the prefix aether_00000000"),
        ("aether_zz", 2, "must be aether_ and at most 8 hex digits"),
        ("child", 2, "must be the id of a token, or a prefix"),
    ] {
        let output = run(&directory, &["token", "show", token]);
        assert_eq!(output.status.code(), Some(status));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}
