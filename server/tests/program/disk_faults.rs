//! Full, limited and read-only disks.
//!
//! A limit of the size of files (`RLIMIT_FSIZE`) makes writes fail as a broken disk does. A small `tmpfs` in a mount namespace of its own
//! is a full disk; without root, the namespace
//! is one of users, too.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, owner_token, run_json, skip, text};

/// The acknowledged tokens, with their secrets.
type Acknowledged = Vec<Value>;

/// Creates large tokens until the server stays not ready for one of the reasons.
fn fill(server: &Running, path: &str, owner: &str, reasons: &[&str]) -> Acknowledged {
    let mut acknowledged = Vec::new();
    let is_stuck = || {
        let (status, token) = server.try_create(path, owner);
        acknowledged.extend(token);
        assert!(status == 201 || status == 503, "{status}");
        // After a failure, the log can be moved to the database file, which makes room in it.
        let (ready, body) = if status == 503 { server.readiness() } else { return false };
        ready == 503
            && reasons.iter().any(|reason| body == format!("not ready: {reason}\n"))
            && server.try_create(path, owner).0 == 503
    };
    assert!(holds_in_time(is_stuck), "the disk is never full");
    acknowledged
}

/// Asserts that a server on a broken disk reads and reports the fault, and that a revocation is done or refused for now. Returns whether
/// the first token was revoked.
fn assert_reads_go_on(server: &Running, path: &str, owner: &str, acknowledged: &Acknowledged) -> bool {
    assert_intact(server, acknowledged);
    assert_eq!(server.readiness().0, 503);
    assert_eq!(server.health(), 200);
    assert!(!server.list(path, owner).is_empty());
    let status = server.revoke(path, owner, &acknowledged[0]["id"]);
    assert!(status == 204 || status == 503, "{status}");
    let is_revoked = server.status(acknowledged[0]["token"].as_str().unwrap()) == 401;
    assert_eq!(is_revoked, status == 204);
    is_revoked
}

/// Asserts that writes go on, and that nothing acknowledged is lost, after `kill -9` too.
fn assert_recovers(server: &Running, path: &str, owner: &str, acknowledged: &mut Acknowledged) {
    server.wait_for_readiness(None);
    acknowledged.push(server.create(path, owner, "after"));
    let target = acknowledged.swap_remove(0);
    assert_eq!(server.revoke(path, owner, &target["id"]), 204);
    assert_eq!(server.status(target["token"].as_str().unwrap()), 401);
}

fn assert_intact(server: &Running, acknowledged: &Acknowledged) {
    for token in acknowledged {
        assert_eq!(server.status(token["token"].as_str().unwrap()), 200, "an acknowledged token is lost");
    }
}

#[test]
fn failing_writes_are_temporary_and_lose_nothing() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        return skip("prlimit");
    }
    let directory = directory();
    let (path, owner) = {
        let server = Running::start(&directory, &[]);
        (server.tokens_path(), owner_token(&directory))
    };
    let mut limited = Command::new("prlimit");
    limited.args(["--fsize=600000:unlimited", env!("CARGO_BIN_EXE_aether-server")]);
    limited.current_dir(directory.path()).env_clear().stdin(Stdio::null());
    let server = Running::start_by(limited, &directory, &["--rate-limit", "off"]);
    let mut acknowledged = fill(&server, &path, &owner, &["the disk failed", "the disk is full"]);
    assert_reads_go_on(&server, &path, &owner, &acknowledged);
    acknowledged.remove(0);
    let process = server.process().to_string();
    let lifted = Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited"]).status().unwrap();
    assert!(lifted.success());
    assert_recovers(&server, &path, &owner, &mut acknowledged);
    server.kill();
    assert_intact(&Running::start(&directory, &[]), &acknowledged);
    run_json(&directory, &["audit", "verify"]);
}

/// A mount namespace with a small disk at `small`. It ends with this.
struct SmallDisk {
    directory: TempDir,
    holder: Child,
}

impl SmallDisk {
    /// Mounts a disk of some megabytes, or returns `None` if that is not allowed here.
    fn mount(size: u32) -> Option<Self> {
        let directory = directory();
        fs::create_dir(directory.path().join("small")).unwrap();
        let script = format!("mount -t tmpfs -o size={size}m none small && echo mounted && exec sleep 600");
        let spawned = Command::new("unshare")
            .args(if is_root() { &["--mount"][..] } else { &["--user", "--map-root-user", "--mount"] })
            .args(["sh", "-c", &script])
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut holder) = spawned else {
            skip("unshare");
            return None;
        };
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(holder.stdout.take().unwrap()), &mut line).unwrap();
        if line != "mounted\n" {
            holder.wait().unwrap();
            skip("a mount namespace");
            return None;
        }
        Some(Self { directory, holder })
    }

    /// A command in the namespace.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.env_clear().stdin(Stdio::null());
        command.args([&format!("--target={}", self.holder.id()), "--mount"]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.args(["--", program]);
        command
    }

    fn start(&self) -> Running {
        // The working directory of the namespace is its root.
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        let (database, token) = (path("small/aether.db"), path("aether-owner.token"));
        let limits = ["--rate-limit", "off", "--refusal-limit", "off"];
        let arguments = [&limits[..], &["--database", &database, "--owner-token-file", &token]].concat();
        Running::start_by(self.command(env!("CARGO_BIN_EXE_aether-server")), &self.directory, &arguments)
    }

    /// The path of a file on the disk, from outside.
    fn path(&self, name: &str) -> PathBuf {
        let small = self.directory.path().join("small").join(name);
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(small.strip_prefix("/").unwrap())
    }

    /// Fills the disk to its last byte with a file.
    fn fill(&self) {
        let mut file = fs::File::create(self.path("fill")).unwrap();
        // The last writes fill the last page.
        for block in [vec![0; 65_536], vec![0; 1024]] {
            while std::io::Write::write_all(&mut file, &block).is_ok() {}
        }
    }

    fn remount(&self, option: &str) {
        let small = self.directory.path().join("small");
        let mut command = self.command("mount");
        assert!(
            command
                .args(["-o", &format!("remount,bind,{option}"), small.to_str().unwrap()])
                .status()
                .unwrap()
                .success()
        );
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

#[test]
fn full_disk_is_reported_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    let server = disk.start();
    let (path, owner) = (server.tokens_path(), owner_token(&disk.directory));
    let mut acknowledged = vec![server.create(&path, &owner, "first")];
    disk.fill();
    acknowledged.extend(fill(&server, &path, &owner, &["the disk is full"]));
    let was_revoked = assert_reads_go_on(&server, &path, &owner, &acknowledged);
    let first = acknowledged.remove(0);
    fs::remove_file(disk.path("fill")).unwrap();
    acknowledged.push(server.create(&path, &owner, "another"));
    assert_recovers(&server, &path, &owner, &mut acknowledged);
    server.kill();
    let server = disk.start();
    assert_intact(&server, &acknowledged);
    assert_eq!(server.status(first["token"].as_str().unwrap()) == 401, was_revoked);
}

// A disk of a megabyte has no room for the reserve.
#[test]
fn full_disk_has_room_for_revocations_and_not_for_tokens() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let server = disk.start();
    let (path, owner) = (server.tokens_path(), owner_token(&disk.directory));
    let create = || server.create(&path, &owner, "a");
    let (targets, others) = ((0..100).map(|_| create()).collect::<Vec<_>>(), [create(), create(), create()]);
    disk.fill();
    fill(&server, &path, &owner, &["the disk is full"]);
    // A revocation can be the first write that fails, so one repetition is allowed.
    for target in &targets {
        let mut statuses = (0..2).map(|_| server.revoke(&path, &owner, &target["id"]));
        assert!(statuses.any(|status| status == 204), "a revocation has no room");
        assert_eq!(server.status(target["token"].as_str().unwrap()), 401);
    }
    // An operator's revocation has room, too.
    let database = disk.directory.path().join("small/aether.db");
    let revoke = |id: &str| {
        let mut command = disk.command(env!("CARGO_BIN_EXE_aether-server"));
        command.args(["token", "revoke", id, "--database"]).arg(&database).output().unwrap().status.success()
    };
    for target in &others {
        assert!((0..2).any(|_| revoke(target["id"].as_str().unwrap())), "the command has no room");
        assert_eq!(server.status(target["token"].as_str().unwrap()), 401);
    }
    assert_eq!(server.readiness(), (503, "not ready: the disk is full\n".to_owned()));
    assert_eq!(server.try_create(&path, &owner).0, 503);
    fs::remove_file(disk.path("fill")).unwrap();
    // No probe is asked for.
    assert!(holds_in_time(|| server.try_create(&path, &owner).0 == 201));
    server.wait_for_readiness(None);
    assert_eq!(fs::metadata(disk.path("aether.db.reserve")).unwrap().len(), 8 * 1024 * 1024);
    server.kill();
    let server = disk.start();
    assert!(targets.iter().all(|target| server.status(target["token"].as_str().unwrap()) == 401));
}

#[test]
fn server_starts_on_a_full_disk_to_serve_reads() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    let server = disk.start();
    let (path, owner) = (server.tokens_path(), owner_token(&disk.directory));
    let token = server.create(&path, &owner, "a");
    disk.fill();
    fill(&server, &path, &owner, &["the disk is full"]);
    server.kill();
    let server = disk.start();
    server.wait_for_readiness(Some("the disk is full"));
    assert_eq!(server.status(token["token"].as_str().unwrap()), 200);
    fs::remove_file(disk.path("fill")).unwrap();
    server.wait_for_readiness(None);
    server.create(&path, &owner, "b");
}

#[test]
fn read_only_file_system_is_refused_by_name() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    let server = disk.start();
    let owner = owner_token(&disk.directory);
    server.signal("TERM");
    assert!(server.wait().0);
    let run = |arguments: &[&str]| {
        let mut command = disk.command(env!("CARGO_BIN_EXE_aether-server"));
        let database = disk.directory.path().join("small/aether.db");
        let output = command.args(arguments).arg("--database").arg(database).output().unwrap();
        (output.status.success(), text(&output.stderr))
    };
    disk.remount("ro");
    let (success, printed) = run(&["--listen", "127.0.0.1:0"]);
    assert!(!success && printed.contains("small/aether.db.lock: Read-only file system"), "{printed}");
    assert!(printed.contains("the server has to write to the database's directory"), "{printed}");
    let (success, printed) = run(&["organization", "list"]);
    assert!(
        !success && printed.contains("the program has to read and write the database and its directory"),
        "{printed}"
    );
    disk.remount("rw");
    assert_eq!(disk.start().status(&owner), 200);
}
