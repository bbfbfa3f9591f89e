//! `aether-server organization create`.

use std::fs;

use serde_json::Value;

use crate::process::{Running, folder, run, text};

const CREATE: [&str; 3] = ["organization", "create", "acme"];

#[test]
fn it_prints_one_object_and_writes_no_file() {
    let folder = folder();
    let output = run(&folder, &CREATE);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<_> = printed.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["organization_id", "token_id", "token"]);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["aether.db"]);
}

#[test]
fn a_name_that_exists_is_refused() {
    let folder = folder();
    assert!(run(&folder, &CREATE).status.success());
    let again = run(&folder, &CREATE);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(text(&again.stderr), "aether-server: an organization named \"acme\" exists already\n");
    assert_eq!(text(&again.stdout), "");
    for name in ["", " ", "a\nb", &"x".repeat(101)] {
        assert_eq!(run(&folder, &["organization", "create", name]).status.code(), Some(2));
    }
}

#[test]
fn it_works_beside_a_running_server() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let printed: Value = serde_json::from_slice(&run(&folder, &CREATE).stdout).unwrap();
    let tokens = format!(
        "http://{}/api/v1/organizations/{}/api-tokens",
        server.address,
        printed["organization_id"].as_str().unwrap()
    );
    let request = reqwest::blocking::Client::new().get(tokens).bearer_auth(printed["token"].as_str().unwrap());
    let page: Value = request.send().unwrap().json().unwrap();
    assert_eq!(page["items"][0]["id"], printed["token_id"]);
    assert_eq!(page["items"][0]["scopes"], serde_json::json!(["*"]));
}

#[test]
fn a_token_that_cannot_be_printed_makes_no_organization() {
    let folder = folder();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status =
        crate::process::program(&folder).args(CREATE).stdout(full).stderr(std::process::Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(1));
    assert!(run(&folder, &CREATE).status.success(), "the name is free still");
}
