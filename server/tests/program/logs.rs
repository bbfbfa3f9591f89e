//! The contents of the logs, and their independence of requests.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::process::{Running, directory, owner_token};

#[test]
fn access_log_has_no_text_of_the_client() {
    let directory = directory();
    let server = Running::start(&directory, &["--log-format", "json", "--log-level", "trace"]);
    let owner = owner_token(&directory);
    let client = reqwest::blocking::Client::new();
    let url = |path: &str| format!("http://{}{path}", server.address);
    let current = format!("/api/v1/api-tokens/current?access_token={owner}&needle=x");
    let response = client.get(url(&current)).bearer_auth(&owner).header("user-agent", "needle").send().unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let tokens = server.tokens_path();
    for path in ["/no/such/needle?needle", &format!("{tokens}/needle"), &format!("{tokens}/{}", "a".repeat(9000))] {
        client.get(url(path)).bearer_auth(&owner).send().unwrap();
    }
    let token_id = "018F2E6A-0000-7000-8000-000000000000";
    client.delete(url(&format!("{tokens}/{token_id}"))).bearer_auth(&owner).send().unwrap();
    client.request("BREW".parse().unwrap(), url("/needle")).send().unwrap();
    client.get(url("/api/v1/api-tokens/current")).bearer_auth(format!("{owner}needle")).send().unwrap();
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success);

    assert!(!logs.contains(&owner[15..]), "a secret in the logs");
    assert!(!logs.contains("needle"), "a text of the client in the logs: {logs}");
    let lines: Vec<Value> = logs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let access: Vec<_> = lines.iter().filter(|line| line["target"] == "aether::access").collect();
    let field = |line: &Value, name: &str| line[name].as_str().unwrap_or("-").to_owned();
    let shown = |line: &&Value| {
        let fields = ["method", "operation", "route", "token_id"].map(|name| field(line, name));
        format!("{} {}", fields.join(" "), line["status"])
    };
    let one = "/api/v1/organizations/{orgID}/api-tokens/{tokenID}";
    let token_id = token_id.to_lowercase();
    assert_eq!(
        access.iter().map(shown).collect::<Vec<_>>(),
        [
            "GET getCurrentApiToken /api/v1/api-tokens/current - 422".to_owned(),
            "GET - - - 404".to_owned(),
            format!("GET getApiToken {one} - 422"),
            format!("GET getApiToken {one} - 422"),
            format!("DELETE revokeApiToken {one} {token_id} 404"),
            "- - - - 501".to_owned(),
            "GET getCurrentApiToken /api/v1/api-tokens/current - 401".to_owned(),
        ]
    );
    assert_eq!(access[0]["id"], id);
    assert_eq!(field(access[4], "org_id"), tokens.split('/').nth(4).unwrap());
    assert!(lines.iter().all(|line| line.to_string().len() < 1000), "bounded lines");
}

/// Requires that the server responds and stops as with a working log.
fn assert_served(server: Running, owner: &str) {
    let path = server.tokens_path();
    for _ in 0..20 {
        assert_eq!(server.status(owner), 200);
        server.create(&path, owner, "a");
    }
    server.signal("TERM");
    assert!(server.wait().0);
}

#[test]
fn requests_do_not_need_a_reader_of_the_log() {
    let directory = directory();
    let (reader, writer) = std::io::pipe().unwrap();
    let server = Running::start_with(&directory, &[], |command| {
        command.stderr(writer);
    });
    drop(reader);
    assert_served(server, &owner_token(&directory));
}

#[test]
fn requests_do_not_need_room_for_the_log() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let directory = directory();
    let server = Running::start_with(&directory, &[], |command| {
        command.stderr(full());
    });
    assert_served(server, &owner_token(&directory));
}

#[test]
fn log_file_of_maximum_size_ends_nothing() {
    let directory = directory();
    let path = directory.path().join("limited");
    // The shell limits the size of files, in blocks of 512 bytes or more, so the log is already larger than the limit. The database stays
    // below it.
    let mut log = File::create(&path).unwrap();
    log.write_all(&vec![b'x'; 64 << 20]).unwrap();
    let server = Running::start_with(&directory, &[], |command| {
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", r#"ulimit -f 20000; exec "$0" "$@""#]).arg(command.get_program()).args(arguments);
        limited.current_dir(directory.path()).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        limited.stderr(OpenOptions::new().append(true).open(&path).unwrap());
        *command = limited;
    });
    assert_served(server, &owner_token(&directory));
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 64 << 20, "nothing was logged");
}

#[test]
fn dropped_lines_are_counted_when_the_reader_returns() {
    let directory = directory();
    let (reader, writer) = std::io::pipe().unwrap();
    let server = Running::start_with(&directory, &["--rate-limit", "off"], |command| {
        command.stderr(writer);
    });
    // The pipe holds some hundred lines, and the queue 16,384.
    let address = server.address.clone();
    let send = move |requests: u32| {
        let mut connection = std::net::TcpStream::connect(&address).unwrap();
        for _ in 0..requests {
            connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
            let mut response = [0; 12];
            connection.read_exact(&mut response).unwrap();
            assert_eq!(&response, b"HTTP/1.1 200");
            let mut rest = Vec::new();
            while !rest.ends_with(b"ok\n") {
                let mut part = [0; 256];
                let length = connection.read(&mut part).unwrap();
                rest.extend_from_slice(&part[..length]);
            }
        }
    };
    send(18_000);
    let mut lines = BufReader::new(reader).lines();
    let requests = std::thread::spawn(move || send(100));
    let is_notice = |line: &Result<String, _>| line.as_ref().unwrap().contains("log lines were dropped");
    let notice = lines.find(is_notice).unwrap().unwrap();
    let count: u32 = notice.rsplit_once("count=").unwrap().1.parse().unwrap();
    assert!((1..18_000).contains(&count), "{notice}");
    requests.join().unwrap();
    server.signal("TERM");
    // The reader goes on, so the last lines are written.
    assert!(lines.any(|line| line.unwrap().contains("stopped")));
    assert!(server.wait().0);
}

#[test]
fn blocked_log_does_not_delay_the_end() {
    let directory = directory();
    let (reader, writer) = std::io::pipe().unwrap();
    let full = writer.try_clone().unwrap();
    let server = Running::start_with(&directory, &[], |command| {
        command.stderr(writer);
    });
    // The pipe is filled until the server's thread blocks, too.
    let filling = std::thread::spawn(move || {
        let mut full = full;
        while full.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let owner = owner_token(&directory);
    for _ in 0..20 {
        assert_eq!(server.status(&owner), 200);
    }
    server.signal("TERM");
    assert!(server.wait().0);
    drop(reader);
    filling.join().unwrap();
}
