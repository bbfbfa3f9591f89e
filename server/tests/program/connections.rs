//! The limit of file descriptors.

use std::net::TcpStream;
use std::process::Command;

use crate::process::{Http, Running, directory, owner_token, skip};

const WARNING: &str = "connections cannot be accepted";

#[test]
fn server_without_file_descriptors_serves_those_that_are_connected() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (path, owner) = (server.tokens_path(), owner_token(&directory));
    let mut connected = Http::open(&server);
    assert_eq!(connected.get("/readyz"), 200);
    let limit = Command::new("prlimit").arg(format!("--pid={}", server.process())).arg("--nofile=48:48").status();
    let Ok(status) = limit else { return skip("prlimit") };
    assert!(status.success());

    let waiting: Vec<_> = (0..100).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    server.wait_for_log(WARNING);
    for _ in 0..50 {
        assert_eq!(connected.get("/readyz"), 200);
        assert_eq!(connected.post(&path, &owner, r#"{"name":"connected"}"#), 201);
    }
    let mut next = Http::open(&server);
    drop(waiting);
    assert_eq!(next.get("/readyz"), 200, "a descriptor is free");
    assert_eq!(connected.get("/readyz"), 200);
    drop((connected, next));
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success);
    let warnings = logs.matches(WARNING).count();
    assert_eq!(warnings, 1, "{logs}");
}
