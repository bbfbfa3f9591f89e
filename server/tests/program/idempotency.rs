//! Repetition of a request after the server was killed between the commit and the response.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::process::{Running, directory, owner_token};

#[test]
fn request_repeated_after_kill_is_executed_once() {
    let directory = directory();
    let mut server = Running::start(&directory, &[]);
    let (owner, path) = (owner_token(&directory), server.tokens_path());
    let database = Connection::open(directory.path().join("aether.db")).unwrap();
    let count = || -> i64 { database.query_row("SELECT count(*) FROM api_tokens", [], |row| row.get(0)).unwrap() };
    for round in 1..=5 {
        let body = json!({"name": "a", "scopes": ["x"]}).to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {owner}\r\nidempotency-key: {round}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut connection = TcpStream::connect(&server.address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        // The response is not read. The server is killed as soon as the token is committed.
        let deadline = Instant::now() + Duration::from_secs(60);
        while count() == round {
            assert!(Instant::now() < deadline, "the token is not created");
            std::hint::spin_loop();
        }
        server.signal("KILL");
        assert!(!server.wait().0);

        server = Running::start(&directory, &[]);
        let repeat = || {
            let url = format!("http://{}{path}", server.address);
            let request = reqwest::blocking::Client::new().post(url).bearer_auth(&owner);
            let request =
                request.header("idempotency-key", round.to_string()).header("content-type", "application/json");
            let response = request.body(body.clone()).send().unwrap();
            assert_eq!(response.status(), 201);
            assert_eq!(response.headers()["idempotency-replayed"], "true");
            response.json::<Value>().unwrap()
        };
        let issued = repeat();
        assert_eq!(repeat(), issued);
        assert_eq!(count(), round + 1, "one row per round");
        assert_eq!(server.status(issued["token"].as_str().unwrap()), 200);
    }
}
