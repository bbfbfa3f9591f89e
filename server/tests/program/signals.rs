//! Signals.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Running, directory, owner_token, program, skip, text};

/// Opens a connection whose request has begun and does not end.
fn half_a_request(server: &Running) -> TcpStream {
    let mut connection = TcpStream::connect(&server.address).unwrap();
    let request = "POST /api/v1/introspect HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n";
    connection.write_all(request.as_bytes()).unwrap();
    connection
}

#[test]
fn signals_other_than_to_stop_end_nothing() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let owner = owner_token(&directory);
    let portable = ["HUP", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "PIPE", "XFSZ", "XCPU", "IO", "WINCH", "CHLD"];
    let of_linux: &[&str] = if cfg!(target_os = "linux") { &["PWR", "STKFLT", "35", "37", "64"] } else { &[] };
    for signal in portable.iter().chain(of_linux) {
        for _ in 0..3 {
            server.signal(signal);
        }
        assert_eq!(server.status(&owner), 200, "{signal}");
    }
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success && logs.contains("the server has no certificate to reload"), "{logs}");
}

#[test]
fn second_signal_stops_at_once() {
    for (first, second) in [("TERM", "TERM"), ("INT", "TERM"), ("TERM", "INT")] {
        let directory = directory();
        let server = Running::start(&directory, &["--shutdown-grace", "1h"]);
        let mut connection = TcpStream::connect(&server.address).unwrap();
        connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: half a hea").unwrap();
        server.signal(first);
        server.wait_for_log("stopping");
        // A reload neither delays the second signal nor ends the process.
        server.signal("HUP");
        server.wait_for_log("the server has no certificate to reload");
        let begun = Instant::now();
        server.signal(second);
        let (success, _, logs) = server.wait();
        assert!(!success && logs.contains("stopped at once by a second signal"), "{logs}");
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn second_signal_ends_the_drain_delay() {
    let directory = directory();
    let server = Running::start(&directory, &["--drain-delay", "1h"]);
    let owner = owner_token(&directory);
    server.signal("TERM");
    server.wait_for_log("stopping");
    assert_eq!(server.status(&owner), 200, "requests are served meanwhile");
    server.signal("TERM");
    assert!(!server.wait().0);
}

#[test]
fn write_is_kept_when_a_second_signal_stops_the_server() {
    let directory = directory();
    let server = Running::start(&directory, &["--shutdown-grace", "1h"]);
    let (path, owner) = (server.tokens_path(), owner_token(&directory));
    let mut held = half_a_request(&server);
    let id = server.create(&path, &owner, "kept")["id"].clone();
    server.signal("TERM");
    server.wait_for_log("stopping");
    server.signal("TERM");
    assert!(!server.wait().0);
    let _ = held.read(&mut [0; 16]);

    let server = Running::start(&directory, &[]);
    assert!(server.list(&path, &owner).iter().any(|item| item["id"] == id));
}

#[test]
fn start_that_waits_for_the_certificate_is_stopped_by_a_signal() {
    let directory = directory();
    let certificate = directory.path().join("certificate");
    if !Command::new("mkfifo").arg(&certificate).status().is_ok_and(|status| status.success()) {
        return skip("mkfifo");
    }
    let arguments = ["--listen", "127.0.0.1:0", "--tls-certificate", "certificate", "--tls-key", "key"];
    let mut start = program(&directory);
    let start = start.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // This end opens when the program opens the other one.
    let writer = OpenOptions::new().write(true).open(&certificate).unwrap();
    assert!(Command::new("kill").arg(start.id().to_string()).status().unwrap().success());
    let output = start.wait_with_output().unwrap();
    drop(writer);
    let logs = text(&output.stderr);
    assert!(output.status.success() && logs.contains("stopped during the start"), "{logs}");
    assert!(!directory.path().join("aether-owner.token").exists(), "no organization was created");
}
