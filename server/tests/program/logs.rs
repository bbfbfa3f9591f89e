//! The contents of the logs, and their independence of requests.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::process::{Running, directory, holds_in_time, owner_token, program, skip};

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
    for path in ["/ext-authz;scope=a/needle?needle", "/ext-authz/needle", "/ext-authz;needle=needle/"] {
        client.post(url(path)).bearer_auth(&owner).send().unwrap();
    }
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
            "POST authorizeRequest /api/v1/authorize - 200".to_owned(),
            "POST authorizeRequest /api/v1/authorize - 403".to_owned(),
            "POST authorizeRequest /api/v1/authorize - 403".to_owned(),
        ]
    );
    assert_eq!(access[0]["id"], id);
    assert_eq!(field(access[4], "org_id"), tokens.split('/').nth(4).unwrap());
    assert!(lines.iter().all(|line| line.to_string().len() < 1000), "bounded lines");
}

#[test]
fn lines_of_a_request_have_the_trace_of_its_caller() {
    let directory = directory();
    let server = Running::start(&directory, &["--log-format", "json"]);
    let (owner, client) = (owner_token(&directory), reqwest::blocking::Client::new());
    // The server logs a warning for the query of the first request.
    let url = format!("http://{}/api/v1/authorize?scope=,", server.address);
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    for header in [format!("00-{trace}-{parent}-01"), "needle".to_owned()] {
        client.get(&url).bearer_auth(&owner).header("traceparent", header).send().unwrap();
    }
    server.signal("TERM");
    let (_, _, logs) = server.wait();
    assert!(!logs.contains("needle"), "{logs}");
    let lines: Vec<Value> = logs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids = |target: &str, name: &str| -> Vec<Value> {
        lines.iter().filter(|line| line["target"] == target).map(|line| line[name].clone()).collect()
    };
    assert_eq!(ids("aether::access", "trace_id"), [trace.into(), Value::Null]);
    assert_eq!(ids("aether::access", "parent_id"), [parent.into(), Value::Null]);
    assert_eq!(ids("aether_server::http::error", "trace_id"), [trace.into(), Value::Null]);
}

#[test]
fn unreadable_forwarded_address_is_reported_once_a_minute_without_its_text() {
    let directory = directory();
    let server = Running::start(&directory, &["--trusted-proxy", "127.0.0.0/8"]);
    let owner = owner_token(&directory);
    let client = reqwest::blocking::Client::new();
    let send = |entry: &str| {
        let request = client.get(format!("http://{}/api/v1/api-tokens/current", server.address));
        assert_eq!(request.bearer_auth(&owner).header("x-forwarded-for", entry).send().unwrap().status(), 200);
    };
    for entry in ["203.0.113.7", "203.0.113.7:5000", "[2001:db8::1]:443", "127.0.0.1"] {
        send(entry);
    }
    // The entry of the proxy is the last one.
    send("needle, 203.0.113.7");
    for entry in ["needle", "unknown", "203.0.113.7:", "needle, 127.0.0.1", ""] {
        send(entry);
    }
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success);
    // The warning comes with the sixth request.
    let before = logs.split("X-Forwarded-For").next().unwrap_or_default();
    assert_eq!((logs.matches("X-Forwarded-For").count(), before.matches("status=200").count()), (1, 5), "{logs}");
    assert!(logs.contains("proxy=127.0.0.1") && !logs.contains("needle"), "{logs}");
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

/// A pipe that nobody reads, and a thread that fills it, until a process that writes to it blocks, too.
fn full_pipe() -> (PipeReader, PipeWriter, JoinHandle<()>) {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut full = writer.try_clone().unwrap();
    let filling = std::thread::spawn(move || while full.write_all(&[b'x'; 4096]).is_ok() {});
    (reader, writer, filling)
}

#[test]
fn blocked_log_does_not_delay_the_end() {
    let directory = directory();
    let (reader, writer, filling) = full_pipe();
    let server = Running::start_with(&directory, &[], |command| {
        command.stderr(writer);
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

#[test]
fn blocked_log_does_not_delay_the_end_by_a_second_signal() {
    let directory = directory();
    let (reader, writer, filling) = full_pipe();
    let server = Running::start_with(&directory, &["--drain-delay", "1h"], |command| {
        command.stderr(writer);
    });
    server.signal("TERM");
    server.wait_for_readiness(Some("the server is stopping"));
    server.signal("INT");
    assert!(!server.wait().0);
    drop(reader);
    filling.join().unwrap();
}

#[test]
fn failed_start_does_not_wait_for_the_reader_of_its_error() {
    let directory = directory();
    let (reader, writer, filling) = full_pipe();
    let mut start = program(&directory);
    start.args(["--database", "no/such/file.db"]).stderr(writer);
    assert_eq!(start.status().unwrap().code(), Some(1));
    drop((reader, start));
    filling.join().unwrap();
}

#[test]
fn lines_that_found_no_room_are_counted_when_there_is_room_again() {
    const LIMIT: u64 = 64 << 20;
    let limit = |process: u32, size: &str| {
        let arguments = ["--pid", &process.to_string(), &format!("--fsize={size}")];
        Command::new("prlimit").args(arguments).status().unwrap().success()
    };
    if Command::new("prlimit").arg("--version").output().is_err() {
        return skip("prlimit");
    }
    let directory = directory();
    let path = directory.path().join("limited");
    File::create(&path).unwrap().set_len(LIMIT).unwrap();
    let server = Running::start_with(&directory, &["--log-format", "json", "--rate-limit", "off"], |command| {
        command.stderr(OpenOptions::new().append(true).open(&path).unwrap());
    });
    let logs = || String::from_utf8(std::fs::read(&path).unwrap().split_off(LIMIT.try_into().unwrap())).unwrap();
    let is_reported = || {
        // The database stays below the limit.
        assert!(limit(server.process(), &format!("{LIMIT}:unlimited")));
        (0..20).for_each(|_| assert_eq!(server.health(), 200));
        assert!(limit(server.process(), "unlimited:unlimited"));
        assert_eq!(server.health(), 200);
        logs().contains("log lines were dropped")
    };
    assert!(holds_in_time(is_reported), "{}", logs());
    server.signal("TERM");
    assert!(server.wait().0);
    let lines: Vec<Value> = logs().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(lines.iter().any(|line| line["count"].as_u64() > Some(0)));
}

#[test]
fn server_does_not_need_standard_output() {
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let (unread, blocked, filling) = full_pipe();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    for output in [Stdio::from(closed), Stdio::from(full), Stdio::from(blocked)] {
        let directory = directory();
        let path = directory.path().join("logs");
        let mut start = program(&directory);
        start.args(["--listen", "127.0.0.1:0"]).stdout(output).stderr(File::create(&path).unwrap());
        let mut server = start.spawn().unwrap();
        drop(start);
        let logs = || std::fs::read_to_string(&path).unwrap();
        assert!(holds_in_time(|| logs().contains("serving address=")), "{}", logs());
        let address = logs().split("serving address=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert_eq!(reqwest::blocking::get(format!("http://{address}/healthz")).unwrap().status(), 200);
        assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
        assert!(server.wait().unwrap().success(), "{}", logs());
    }
    drop(unread);
    filling.join().unwrap();
}
