//! The syncs of acknowledged changes.
//!
//! A kill does not show a missing sync, because the operating system keeps the pages that were written. `strace` does.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::process::{Running, can_trace, directory, owner_token};

/// The number of changes of each kind. Together they write far fewer pages than a checkpoint waits for.
const CHANGES: usize = 10;

#[test]
fn every_acknowledged_change_is_synced() {
    let directory = directory();
    let trace = directory.path().join("trace");
    if !can_trace() {
        return;
    }
    let server = Running::start_with(&directory, &["--rate-limit", "off"], |command| {
        let mut traced = Command::new("strace");
        // `-y` prints the path of each file, and `-D` makes the server the child of this process.
        traced.args(["-D", "-f", "-q", "-y", "-e", "trace=fsync,fdatasync", "-o"]).arg(&trace);
        traced.arg(command.get_program()).args(command.get_args());
        traced.current_dir(directory.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        traced.stderr(File::create(directory.path().join("logs")).unwrap());
        *command = traced;
    });
    let (owner, path) = (owner_token(&directory), server.tokens_path());
    let http = Client::new();
    let send = |method: Method, path: &str, body: &Value, expected: u16| {
        let request = http.request(method, format!("http://{}{path}", server.address)).bearer_auth(&owner).json(body);
        let response = request.send().unwrap();
        assert_eq!(response.status(), expected);
        response.json::<Value>().ok()
    };
    for number in 0..CHANGES {
        let created = send(Method::POST, &path, &json!({"name": "a"}), 201).unwrap();
        let token = format!("{path}/{}", created["id"].as_str().unwrap());
        send(Method::PUT, &token, &json!({"name": format!("b{number}")}), 200);
        send(Method::POST, &format!("{token}/rotate"), &json!({}), 201);
        send(Method::DELETE, &token, &json!({}), 204);
    }
    let log = directory.path().join("aether.db-wal").display().to_string();
    // The last checkpoint is a part of the end.
    server.signal("KILL");
    server.wait();
    let deadline = Instant::now() + Duration::from_secs(30);
    let trace = loop {
        let trace = std::fs::read_to_string(&trace).unwrap();
        if trace.contains("+++ killed by SIGKILL +++") {
            break trace;
        }
        assert!(Instant::now() < deadline, "the trace has no end: {trace}");
        std::thread::yield_now();
    };
    let syncs = trace.lines().filter(|line| line.contains("sync(") && line.contains(&log)).count();
    assert!(syncs >= 4 * CHANGES, "{syncs} syncs of the log for {} changes:\n{trace}", 4 * CHANGES);
}
