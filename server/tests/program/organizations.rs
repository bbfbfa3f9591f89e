//! `aether-server organization create`.

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
