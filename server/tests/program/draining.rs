//! Draining: the end of connections before the end of the server.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::process::{Http, Running, directory, owner_token};
use crate::tls::{FLAGS, certificate};

const BODY: &str = r#"{"name":"in progress"}"#;

/// `GOAWAY` in the head of a frame of HTTP/2.
const GOAWAY: u8 = 7;

/// Waits until new connections are refused.
fn wait_for_refusal(server: &Running) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match TcpStream::connect(&server.address).map_err(|error| error.kind()) {
            Err(ErrorKind::ConnectionRefused) => return,
            // The socket closed amid the handshake.
            Ok(_) | Err(ErrorKind::ConnectionReset) => assert!(Instant::now() < deadline, "connections are accepted"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// A request in progress: the server has asked for its body.
fn begin(server: &Running, owner: &str) -> Http {
    let mut connection = Http::open(server);
    connection.send(&format!(
        "POST {} HTTP/1.1\r\nhost: aether\r\nauthorization: Bearer {owner}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        server.tokens_path(),
        BODY.len()
    ));
    assert_eq!(connection.status(), 100);
    connection
}

/// Opens a connection of HTTP/2 and waits for the server's first frame.
fn http2(server: &Running) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    stream
}

/// Reads frames until one of this kind.
fn wait_for_frame(stream: &mut TcpStream, kind: u8) {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        stream.read_exact(&mut vec![0; length]).expect("a payload");
        if head[3] == kind {
            return;
        }
    }
}

#[test]
fn readiness_fails_first_for_the_drain_delay() {
    const DELAY: Duration = Duration::from_secs(2);
    let directory = directory();
    let server = Running::start(&directory, &["--drain-delay", "2s"]);
    let (path, owner) = (server.tokens_path(), owner_token(&directory));
    let mut connection = Http::open(&server);
    assert_eq!(connection.get("/readyz"), 200);
    let signalled = Instant::now();
    server.signal("TERM");
    while connection.get("/readyz") == 200 {
        assert!(signalled.elapsed() < DELAY);
    }
    assert_eq!(connection.post(&path, &owner, BODY), 201);
    let mut new = Http::open(&server);
    assert_eq!(new.get("/readyz"), 503);
    assert_eq!(new.post(&path, &owner, BODY), 201, "requests of new connections are served");
    wait_for_refusal(&server);
    assert!(signalled.elapsed() >= DELAY);
    assert!(server.wait().0);
}

#[test]
fn stopping_server_refuses_new_connections_and_ends_idle_ones() {
    let directory = directory();
    let server = Running::start(&directory, &["--shutdown-grace", "1h"]);
    let owner = owner_token(&directory);
    let mut in_progress = begin(&server, &owner);
    let mut idle = Http::open(&server);
    assert_eq!(idle.get("/readyz"), 200);
    let mut silent = Http::open(&server);
    let mut idle_http2 = http2(&server);
    wait_for_frame(&mut idle_http2, 4);
    server.signal("TERM");

    wait_for_refusal(&server);
    assert_eq!(idle.0.read(&mut [0]).unwrap(), 0, "the idle connection is closed");
    wait_for_frame(&mut idle_http2, GOAWAY);
    drop(idle_http2);
    assert!(silent.0.read(&mut [0]).is_ok_and(|count| count == 0), "the silent connection is closed");
    // The request in progress is finished.
    in_progress.send(BODY);
    assert_eq!(in_progress.status(), 201);
    assert_eq!(in_progress.0.read(&mut [0]).unwrap(), 0);
    assert!(server.wait().0);
}

#[test]
fn request_that_arrives_with_the_signal_is_served() {
    for _ in 0..10 {
        let directory = directory();
        let server = Running::start(&directory, &[]);
        // While the process is stopped, connections and their requests wait in the kernel, and so does the signal.
        server.signal("STOP");
        let mut connections: Vec<_> = (0..8).map(|_| Http::open(&server)).collect();
        for connection in &mut connections {
            connection.send("GET /healthz HTTP/1.1\r\nhost: aether\r\n\r\n");
        }
        server.signal("TERM");
        server.signal("CONT");
        for connection in &mut connections {
            assert_eq!(connection.status(), 200);
        }
        assert!(server.wait().0);
    }
}

#[test]
fn unfinished_tls_handshake_does_not_hold_the_stop() {
    let directory = directory();
    drop(certificate(directory.path(), "first.test"));
    let arguments: Vec<_> = FLAGS.into_iter().chain(["--stall-timeout=1h", "--shutdown-grace=1h"]).collect();
    let server = Running::start(&directory, &arguments);
    let mut connections = [(); 2].map(|()| TcpStream::connect(&server.address).unwrap());
    // A record with a part of a ClientHello.
    connections[1].write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    server.signal("TERM");
    assert!(server.wait().0);
}

#[test]
fn grace_bounds_a_request_in_progress() {
    let directory = directory();
    let server = Running::start(&directory, &["--shutdown-grace", "200ms"]);
    let mut in_progress = begin(&server, &owner_token(&directory));
    let mut silent_http2 = http2(&server);
    wait_for_frame(&mut silent_http2, 4);
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success);
    assert!(logs.contains("requests were still in progress at the end of the grace time"), "{logs}");
    assert!(!matches!(in_progress.0.read(&mut [0]), Ok(1..)));
}
