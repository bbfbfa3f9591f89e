//! Shutdown.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::process::{Running, directory, owner_token};

#[test]
fn request_in_progress_is_finished_on_shutdown() {
    const BODY: &str = r#"{"name":"in progress"}"#;
    for signal in ["TERM", "INT"] {
        let directory = directory();
        let server = Running::start(&directory, &[]);
        let mut connection = TcpStream::connect(&server.address).unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            server.tokens_path(),
            owner_token(&directory),
            BODY.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        // The server has requested the body, so the request is in progress.
        let mut interim = [0; 25];
        connection.read_exact(&mut interim).unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        server.signal(signal);
        connection.write_all(BODY.as_bytes()).unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 201"), "{response}");
        let (success, _, logs) = server.wait();
        assert!(success, "{logs}");
        // The write-ahead log was merged into the database file.
        assert!(!directory.path().join("aether.db-wal").exists());
    }
}

#[test]
fn incomplete_request_is_dropped_after_the_grace_time() {
    let directory = directory();
    let server = Running::start(&directory, &["--shutdown-grace", "100ms"]);
    let mut connection = TcpStream::connect(&server.address).unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: half a hea").unwrap();
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success);
    assert!(logs.contains("stopped"), "{logs}");
}

#[test]
fn acknowledged_write_is_durable_after_kill_9() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (path, owner) = (server.tokens_path(), owner_token(&directory));
    let ids: Vec<_> =
        (0..20).map(|number| server.create(&path, &owner, &format!("token {number}"))["id"].clone()).collect();
    server.signal("KILL");
    assert!(!server.wait().0);

    let server = Running::start(&directory, &[]);
    assert_eq!(server.greeting, "", "only the first start creates an organization");
    let listed: Vec<_> = server.list(&path, &owner).iter().skip(1).map(|item| item["id"].clone()).collect();
    assert_eq!(listed, ids);
}
