//! The first start on a database makes an organization, and the printed command makes a token.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::process::{Running, folder, owner_token, run, text};

#[test]
fn the_printed_command_creates_a_token_that_works() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let file = folder.path().join("aether-owner.token");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!server.welcome.contains(&owner_token(&folder)));

    let (_, command) = server.welcome.split_once("\n\n").unwrap();
    let Ok(output) = Command::new("sh").args(["-c", command]).current_dir(folder.path()).output() else {
        return println!("skipped: there is no shell");
    };
    if !output.status.success() && text(&output.stderr).contains("curl: not found") {
        return println!("skipped: curl is not installed");
    }
    let issued: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let token = issued["token"].as_str().unwrap();
    assert!(token.starts_with("aether_"), "{issued}");

    let current = format!("http://{}/api/v1/api-tokens/current", server.address);
    let current = reqwest::blocking::Client::new().get(current).bearer_auth(token).send().unwrap();
    assert_eq!(current.status(), 200);
}

#[test]
fn a_file_that_lies_there_is_not_touched() {
    let folder = folder();
    fs::write(folder.path().join("aether-owner.token"), "precious").unwrap();
    for _ in 0..2 {
        let output = run(&folder, &["--listen", "127.0.0.1:0"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("aether-owner.token: it is there already"), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read_to_string(folder.path().join("aether-owner.token")).unwrap(), "precious");
    // Nothing was committed, so the next start is a first one.
    fs::remove_file(folder.path().join("aether-owner.token")).unwrap();
    drop(Running::start(&folder, &[]));
    assert!(folder.path().join("aether-owner.token").exists());
}

#[test]
fn what_cannot_be_served_is_said() {
    let folder = folder();
    fs::write(folder.path().join("foreign.db"), "not a database, and long enough not to be taken for an empty one")
        .unwrap();
    for (arguments, expected) in [
        (vec!["--database", "foreign.db"], "foreign.db: the file is not a database of Aether"),
        (vec!["--database", "no/such/folder.db"], "no/such/folder.db: "),
        (vec!["--log-level", "loud=very"], "the log level is not understood"),
    ] {
        let output = run(&folder, &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(run(&folder, &["--shutdown-grace", "soon"]).status.code(), Some(2));
}

#[test]
fn an_address_that_is_taken_leaves_nothing_made() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&folder, &["--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("cannot listen on {address}: Address already in use")));
    assert!(!folder.path().join("aether-owner.token").exists());
    assert!(Running::start(&folder, &[]).welcome.contains("curl"), "the next start is a first one");
}
