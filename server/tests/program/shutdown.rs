//! How the program stops.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::process::{Running, folder, owner_token};

#[test]
fn what_is_in_flight_is_finished() {
    const BODY: &str = r#"{"name":"in flight"}"#;
    for signal in ["TERM", "INT"] {
        let folder = folder();
        let server = Running::start(&folder, &[]);
        let mut connection = TcpStream::connect(&server.address).unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            server.tokens_path(),
            owner_token(&folder),
            BODY.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        // The server wants the body, so the request is in flight.
        let mut invitation = [0; 25];
        connection.read_exact(&mut invitation).unwrap();
        assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
        server.signal(signal);
        connection.write_all(BODY.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let (good, _, logs) = server.wait();
        assert!(good, "{logs}");
        // The write-ahead log is gone: everything is in the one file.
        assert!(!folder.path().join("aether.db-wal").exists());
    }
}

#[test]
fn what_does_not_finish_is_left_when_the_time_is_over() {
    let folder = folder();
    let server = Running::start(&folder, &["--shutdown-grace", "100ms"]);
    let mut connection = TcpStream::connect(&server.address).unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: half a hea").unwrap();
    server.signal("TERM");
    let (good, _, logs) = server.wait();
    assert!(good);
    assert!(logs.contains("stopped"), "{logs}");
}

/// An acknowledged write survives the loss of the process.
#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    let (path, owner) = (server.tokens_path(), owner_token(&folder));
    let client = reqwest::blocking::Client::new();
    let mut ids = Vec::new();
    for number in 0..20 {
        let url = format!("http://{}{path}", server.address);
        let body = serde_json::json!({"name": format!("token {number}")});
        let issued: Value = client.post(url).bearer_auth(&owner).json(&body).send().unwrap().json().unwrap();
        ids.push(issued["id"].clone());
    }
    server.signal("KILL");
    assert!(!server.wait().0);

    let server = Running::start(&folder, &[]);
    assert_eq!(server.welcome, "", "only a first start makes an organization");
    let page: Value =
        client.get(format!("http://{}{path}", server.address)).bearer_auth(&owner).send().unwrap().json().unwrap();
    let kept: Vec<_> = page["items"].as_array().unwrap().iter().skip(1).map(|item| item["id"].clone()).collect();
    assert_eq!(kept, ids);
}
