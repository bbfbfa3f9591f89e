//! One server at a time uses a database; commands run next to it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::process::Stdio;

use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, owner_token, program, run, run_json, text};

/// The error of a server that must not start.
fn refused(directory: &TempDir, arguments: &[&str]) -> String {
    let output = run(directory, &[&["--listen", "127.0.0.1:0", "--owner-token-file", "other"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn second_server_is_refused_by_every_path_to_the_database() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    symlink("aether.db", directory.path().join("link.db")).unwrap();
    fs::create_dir(directory.path().join("inner")).unwrap();
    symlink("..", directory.path().join("inner/up")).unwrap();
    let absolute = directory.path().join("aether.db");
    for path in ["aether.db", "./aether.db", "link.db", "inner/up/aether.db", absolute.to_str().unwrap()] {
        let printed = refused(&directory, &["--database", path]);
        let expected = format!("{path}: another server (process {}) uses the database; stop it", server.process());
        assert!(printed.contains(&expected), "{printed}");
    }
    assert_eq!(server.readiness().0, 200);
    run_json(&directory, &["organization", "create", "acme"]);
    run_json(&directory, &["backup", "copy.db"]);
}

// A second name of the file has another log and another lock.
#[test]
fn database_with_a_hard_link_is_refused() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    fs::hard_link(directory.path().join("aether.db"), directory.path().join("other.db")).unwrap();
    let printed = refused(&directory, &["--database", "other.db"]);
    assert!(printed.contains("other.db: the file has 2 names (hard links)"), "{printed}");
    assert_eq!(run(&directory, &["organization", "list", "--database", "other.db"]).status.code(), Some(1));
    server.wait_for_readiness(None);
}

#[test]
fn lock_ends_with_the_server_and_not_with_its_file() {
    let directory = directory();
    Running::start(&directory, &[]).kill();
    assert!(directory.path().join("aether.db.lock").exists());
    let server = Running::start(&directory, &[]);
    server.signal("TERM");
    assert!(server.wait().0);
    Running::start(&directory, &[]).wait_for_readiness(None);
}

// Another server could start: it would lock another file.
#[test]
fn server_without_its_lock_file_is_not_ready() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let (path, owner) = (server.tokens_path(), owner_token(&directory));
    let (lock, away) = (directory.path().join("aether.db.lock"), directory.path().join("away"));
    fs::rename(&lock, &away).unwrap();
    server.wait_for_readiness(Some("the lock file was removed or replaced"));
    fs::write(&lock, "").unwrap();
    server.wait_for_readiness(Some("the lock file was removed or replaced"));
    assert_eq!(server.try_create(&path, &owner).0, 201, "no write is lost");
    fs::rename(&away, &lock).unwrap();
    server.wait_for_readiness(None);
}

#[test]
fn paths_that_cannot_be_used_are_reported() {
    let directory = directory();
    symlink("missing.db", directory.path().join("link.db")).unwrap();
    fs::create_dir(directory.path().join("inner")).unwrap();
    for (path, expected) in [
        ("link.db", "link.db: it is a symbolic link to missing.db, which does not exist"),
        ("inner", "inner: it is not a file"),
        ("/dev/null", "/dev/null: it is not a file"),
        ("no/such/file.db", "no/such/file.db: the directory no/such: No such file"),
    ] {
        let printed = refused(&directory, &["--database", path]);
        assert!(printed.contains(expected), "{printed}");
    }
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing was created: {names:?}");
}

#[test]
fn database_of_another_program_is_refused_untouched() {
    let directory = directory();
    let path = directory.path().join("foreign.db");
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE mine (x)").unwrap();
    drop(foreign);
    let before = fs::read(&path).unwrap();
    let printed = refused(&directory, &["--database", "foreign.db"]);
    assert!(printed.contains("foreign.db: the file is not an Aether database"), "{printed}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!directory.path().join("foreign.db.lock").exists());
}

#[test]
fn one_of_the_servers_that_start_at_once_gets_the_lock() {
    let directory = directory();
    let start = |number: usize| {
        let token = format!("owner{number}");
        let mut command = program(&directory);
        command.args(["--listen", "127.0.0.1:0", "--owner-token-file", &token]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut servers: Vec<_> = (0..4).map(start).collect();
    let mut refused = Vec::new();
    assert!(holds_in_time(|| {
        servers.retain_mut(|server| {
            let has_ended = server.try_wait().unwrap().is_some();
            if has_ended {
                let mut printed = String::new();
                server.stderr.take().unwrap().read_to_string(&mut printed).unwrap();
                refused.push(printed);
            }
            !has_ended
        });
        servers.len() == 1
    }));
    assert!(refused.iter().all(|printed| printed.contains("another server (process ")), "{refused:?}");
    // The last one serves.
    let mut server = servers.remove(0);
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("Listening on ")));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn unreadable_contents_of_the_lock_file_are_replaced() {
    let directory = directory();
    Running::start(&directory, &[]).kill();
    let lock = directory.path().join("aether.db.lock");
    for contents in [&b""[..], b"{\"pid\":1", b"\xff\xfe\0\n", &[b'x'; 10_000]] {
        fs::write(&lock, contents).unwrap();
        let server = Running::start(&directory, &[]);
        server.wait_for_readiness(None);
        let written = fs::read_to_string(&lock).unwrap();
        assert!(written.starts_with(&format!("{{\"pid\":{}", server.process())) && written.len() < 500, "{written}");
        server.kill();
    }
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let printed = refused(&directory, &[]);
    assert!(printed.contains("cannot use the lock file") && printed.contains("Is a directory"), "{printed}");
}

// A transaction of another program that does not end keeps a server from writing, not from reading.
#[test]
fn server_starts_next_to_a_program_that_writes() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    let owner = owner_token(&directory);
    server.signal("TERM");
    assert!(server.wait().0);
    let other = rusqlite::Connection::open(directory.path().join("aether.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let server = Running::start(&directory, &["--busy-timeout", "200ms"]);
    assert_eq!(server.status(&owner), 200);
    server.wait_for_readiness(Some("the database is busy"));
    other.execute_batch("ROLLBACK").unwrap();
    server.wait_for_readiness(None);
}

// Root creates the database for the user of the server.
#[test]
fn lock_file_has_the_permissions_of_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    let (database, lock) = (directory.path().join("aether.db"), directory.path().join("aether.db.lock"));
    fs::set_permissions(&database, fs::Permissions::from_mode(0o660)).unwrap();
    drop(Running::start(&directory, &[]));
    assert_eq!(fs::metadata(lock).unwrap().permissions().mode() & 0o777, 0o660);
}
