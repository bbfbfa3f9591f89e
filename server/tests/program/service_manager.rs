//! The notifications of the service manager, which is a socket of the test.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::process::{Running, directory, program};
use crate::tls;

/// A service manager, with the name of its socket.
struct Manager {
    socket: UnixDatagram,
    name: String,
}

impl Manager {
    /// A manager whose socket is a file in the directory.
    fn with_file(directory: &TempDir) -> Self {
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        Self::new(socket, path.display().to_string())
    }

    fn new(socket: UnixDatagram, name: String) -> Self {
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { socket, name }
    }

    /// Starts a server that notifies this manager.
    fn start(&self, directory: &TempDir, arguments: &[&str]) -> Running {
        Running::start_with(directory, arguments, |command| {
            command.env("NOTIFY_SOCKET", &self.name);
        })
    }

    /// The next notification.
    fn receive(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).expect("a notification");
        str::from_utf8(&buffer[..length]).unwrap().lines().map(str::to_owned).collect()
    }

    /// Asserts that the next notification has these variables, in which a number is `N`.
    fn expect(&self, expected: &[&str]) {
        let is_number = |value: &str| value.parse::<u64>().is_ok_and(|number| number > 1);
        let normal = |line: String| match line.split_once('=') {
            Some((name, value)) if is_number(value) => format!("{name}=N"),
            _ => line,
        };
        let found: Vec<_> = self.receive().into_iter().map(normal).collect();
        assert_eq!(found, expected);
    }

    /// Skips the notifications of the start up to the one that the server is ready. Returns the descriptions of the work.
    fn skip_to_ready(&self) -> Vec<String> {
        let mut descriptions = Vec::new();
        loop {
            let variables = self.receive();
            if variables.iter().any(|variable| variable == "READY=1") {
                return descriptions;
            }
            descriptions.extend(variables.iter().filter_map(|line| line.strip_prefix("STATUS=")).map(str::to_owned));
        }
    }
}

const READY: [&str; 2] = ["READY=1", "STATUS=serving"];
const RELOADING: [&str; 3] = ["RELOADING=1", "MONOTONIC_USEC=N", "STATUS=reloading the certificate"];
const STOPPING: [&str; 3] = ["STOPPING=1", "STATUS=draining", "EXTEND_TIMEOUT_USEC=N"];

#[test]
fn service_manager_is_notified_in_order() {
    let directory = directory();
    let manager = Manager::with_file(&directory);
    let server = manager.start(&directory, &[]);
    manager.expect(&["STATUS=opening the database"]);
    manager.expect(&["EXTEND_TIMEOUT_USEC=N"]);
    manager.expect(&READY);
    server.signal("HUP");
    manager.expect(&RELOADING);
    manager.expect(&READY);
    server.signal("TERM");
    manager.expect(&STOPPING);
    assert!(server.wait().0);
}

#[test]
fn reload_ends_with_ready_whether_or_not_the_certificate_is_valid() {
    let directory = directory();
    let manager = Manager::with_file(&directory);
    drop(tls::certificate(directory.path(), "a.test"));
    let server = manager.start(&directory, &tls::FLAGS);
    manager.skip_to_ready();
    server.signal("HUP");
    manager.expect(&RELOADING);
    manager.expect(&READY);
    std::fs::write(directory.path().join("server.crt"), "nonsense").unwrap();
    server.signal("HUP");
    manager.expect(&RELOADING);
    manager.expect(&READY);
    manager.expect(&["STATUS=serving; the certificate could not be reloaded"]);
}

#[test]
fn long_work_of_a_start_is_described() {
    let directory = directory();
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/fixtures/version_1.sql");
    let past = Connection::open(directory.path().join("aether.db")).unwrap();
    past.execute_batch(&std::fs::read_to_string(fixture).unwrap()).unwrap();
    drop(past);
    let manager = Manager::with_file(&directory);
    let server = manager.start(&directory, &[]);
    let descriptions = manager.skip_to_ready();
    let migrations = descriptions.iter().filter(|line| line.starts_with("migrating the database to version "));
    assert!(migrations.count() > 1, "{descriptions:?}");
    server.kill();
    manager.start(&directory, &[]).signal("TERM");
    assert!(manager.skip_to_ready().contains(&"checking the database after an unclean stop".to_owned()));
}

#[test]
fn watchdog_is_fed_by_the_process_that_it_watches() {
    let directory = directory();
    let manager = Manager::with_file(&directory);
    let server = Running::start_with(&directory, &[], |command| {
        command.env("NOTIFY_SOCKET", &manager.name).env("WATCHDOG_USEC", "20000");
    });
    manager.skip_to_ready();
    for _ in 0..3 {
        manager.expect(&["WATCHDOG=1"]);
    }
    drop(server);
    // The watchdog of another process.
    let directory = self::directory();
    let another = Manager::with_file(&directory);
    let server = Running::start_with(&directory, &[], |command| {
        command.env("NOTIFY_SOCKET", &another.name).envs([("WATCHDOG_USEC", "20000"), ("WATCHDOG_PID", "1")]);
    });
    another.skip_to_ready();
    server.signal("HUP");
    another.expect(&RELOADING);
}

#[test]
fn server_serves_without_its_service_manager() {
    let directory = directory();
    let missing = Manager { name: "missing".to_owned(), ..Manager::with_file(&directory) };
    let server = missing.start(&directory, &[]);
    server.wait_for_log("the service manager was not notified");
    assert_eq!(server.health(), 200);
    server.signal("TERM");
    assert!(server.wait().0);
}

#[test]
fn failed_start_is_not_ready() {
    let directory = directory();
    let manager = Manager::with_file(&directory);
    std::fs::write(directory.path().join("aether.db"), "not a database, and longer than a header is: ".repeat(9))
        .unwrap();
    let mut program = program(&directory);
    let output = program.env("NOTIFY_SOCKET", &manager.name).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    manager.socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 4096];
    while let Ok(length) = manager.socket.recv(&mut buffer) {
        assert!(!buffer[..length].starts_with(b"READY"));
    }
}
