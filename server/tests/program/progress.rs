//! Progress on a terminal.

use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::process::{directory, run, run_json, skip, text};

/// Runs the program with standard error on a pseudo-terminal. Returns all output.
fn on_a_terminal(directory: &tempfile::TempDir, arguments: &str) -> Option<String> {
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_aether-server"));
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .ok()?;
    assert!(output.status.success(), "{arguments}: {}", text(&output.stdout));
    Some(text(&output.stdout))
}

#[test]
fn long_commands_show_their_progress_on_a_terminal_only() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    let database = Connection::open(directory.path().join("aether.db")).unwrap();
    database
        .execute_batch(
            "PRAGMA synchronous = OFF; CREATE TABLE filler (x BLOB);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64)
             INSERT INTO filler SELECT randomblob(1 << 20) FROM n",
        )
        .unwrap();
    drop(database);
    for (arguments, expected) in [
        ("backup a.db", &["copying", "pages", "checking the copy"][..]),
        ("audit verify", &["verifying", "events"]),
        ("restore a.db --database new.db", &["copying", "MiB", "checking the copy", "verifying", "events"]),
        ("audit export --before 0s --output a.jsonl", &["exporting", "events"]),
        ("audit verify --archive a.jsonl", &["verifying"]),
    ] {
        let Some(shown) = on_a_terminal(&directory, arguments) else { return skip("script") };
        for part in expected {
            assert!(shown.contains(part), "{arguments}: no {part:?} in {shown:?}");
        }
        let piped = arguments.replace("a.db", "b.db").replace("new.db", "newer.db").replace("a.jsonl", "b.jsonl");
        let output = run(&directory, &piped.split(' ').collect::<Vec<_>>());
        assert!(output.status.success(), "{piped}: {}", text(&output.stderr));
        let stderr = text(&output.stderr);
        assert!(!expected.iter().any(|part| stderr.contains(part)), "{piped}: {stderr}");
    }
}
