//! The first start: it creates an organization, and prints a command that creates a token.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::process::{Running, directory, owner_token, run, skip, text};

#[test]
fn printed_command_creates_an_active_token() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let file = directory.path().join("aether-owner.token");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!server.greeting.contains(&owner_token(&directory)));

    assert!(server.greeting.contains(&format!("at http://{}/docs.\n", server.address)), "{}", server.greeting);
    let (_, command) = server.greeting.split_once("\n\n").unwrap();
    let Ok(output) = Command::new("sh").args(["-c", command]).current_dir(directory.path()).output() else {
        return skip("sh");
    };
    if !output.status.success() && text(&output.stderr).contains("curl: not found") {
        return skip("curl");
    }
    let issued: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let token = issued["token"].as_str().unwrap();
    assert!(token.starts_with("aether_"), "{issued}");

    assert_eq!(server.status(token), 200);
}

#[test]
fn reference_page_that_is_switched_off_is_not_mentioned() {
    for (argument, variable) in [("--docs=off", ""), ("--docs=off", "on"), ("--stall-timeout=30s", "off")] {
        let directory = directory();
        let server = Running::start_with(&directory, &[argument], |command| {
            command.env("AETHER_DOCS", variable);
        });
        assert!(!server.greeting.contains("/docs") && server.greeting.contains("first token"), "{}", server.greeting);
    }
}

#[test]
fn existing_owner_token_file_is_untouched() {
    let directory = directory();
    fs::write(directory.path().join("aether-owner.token"), "precious").unwrap();
    for _ in 0..2 {
        let output = run(&directory, &["--listen", "127.0.0.1:0"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("aether-owner.token: the file already exists"),
            "{}",
            text(&output.stderr)
        );
    }
    assert_eq!(fs::read_to_string(directory.path().join("aether-owner.token")).unwrap(), "precious");
    // No organization was committed, so the next start is a first start.
    fs::remove_file(directory.path().join("aether-owner.token")).unwrap();
    drop(Running::start(&directory, &[]));
    assert!(directory.path().join("aether-owner.token").exists());
}

#[test]
fn unusable_configuration_is_reported() {
    let directory = directory();
    fs::write(directory.path().join("foreign.db"), "not a database, and longer than an empty file").unwrap();
    for (arguments, expected) in [
        (vec!["--database", "foreign.db"], "foreign.db: the file is not an Aether database"),
        (vec!["--database", "no/such/file.db"], "no/such/file.db: "),
    ] {
        let output = run(&directory, &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(run(&directory, &["--shutdown-grace", "soon"]).status.code(), Some(2));
}

#[test]
fn start_on_a_used_address_creates_nothing() {
    let directory = directory();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for arguments in [&["--listen", &address][..], &["--listen", "127.0.0.1:0", "--metrics-listen", &address]] {
        let output = run(&directory, arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(&format!("cannot listen on {address}: Address already in use")));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
    assert!(Running::start(&directory, &[]).greeting.contains("curl"), "the next start is a first start");
}
