//! `aether-server organization create` and `organization rename`.

use std::fs;

use crate::process::{Running, directory, run, run_json, text};

const CREATE: [&str; 3] = ["organization", "create", "acme"];

#[test]
fn created_organization_is_printed_as_one_object() {
    let directory = directory();
    let printed = run_json(&directory, &CREATE);
    let keys: Vec<_> = printed.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["organization_id", "token_id", "token"]);
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["aether.db"]);
}

#[test]
fn used_or_invalid_name_is_rejected() {
    let directory = directory();
    assert!(run(&directory, &CREATE).status.success());
    let again = run(&directory, &CREATE);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(text(&again.stderr), "aether-server: an organization named \"acme\" already exists\n");
    assert_eq!(text(&again.stdout), "");
    for name in ["", " ", "a\nb", "\u{FEFF}", "\u{202E}acme", &"x".repeat(101)] {
        assert_eq!(run(&directory, &["organization", "create", name]).status.code(), Some(2));
    }
}

#[test]
fn organization_is_created_next_to_a_running_server() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let printed = run_json(&directory, &CREATE);
    let path = format!("/api/v1/organizations/{}/api-tokens", printed["organization_id"].as_str().unwrap());
    let listed = server.list(&path, printed["token"].as_str().unwrap());
    assert_eq!(listed[0]["id"], printed["token_id"]);
    assert_eq!(listed[0]["scopes"], serde_json::json!(["*"]));
}

#[test]
fn organization_is_not_created_if_its_token_cannot_be_printed() {
    let directory = directory();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status =
        crate::process::program(&directory).args(CREATE).stdout(full).stderr(std::process::Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(1));
    assert!(run(&directory, &CREATE).status.success(), "the name is still free");
}

#[test]
fn organization_is_renamed_next_to_a_running_server() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let created = run_json(&directory, &CREATE);
    let id = created["organization_id"].as_str().unwrap();
    let renamed = run_json(&directory, &["organization", "rename", id, "globex"]);
    assert_eq!(renamed, serde_json::json!({"organization_id": id, "name": "globex", "previous_name": "acme"}));
    assert!(text(&run(&directory, &["organization", "list"]).stdout).contains("\"globex\""));
    let path = format!("/api/v1/organizations/{id}/api-tokens");
    assert_eq!(server.list(&path, created["token"].as_str().unwrap()).len(), 1);
    // Its own name is no conflict, and that of another organization is.
    assert!(run(&directory, &["organization", "rename", id, "globex"]).status.success());
    let used = run(&directory, &["organization", "rename", id, "default"]);
    assert_eq!(text(&used.stderr), "aether-server: an organization named \"default\" already exists\n");
    let unknown = run(&directory, &["organization", "rename", "01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77", "a"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(run(&directory, &["organization", "rename", id, "\u{202E}"]).status.code(), Some(2));
    assert!(run(&directory, &["audit", "verify"]).status.success(), "the chains are intact");
}
