//! Backups: their files, in directories that others can write to, and their end by a signal.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::process::{directory, holds_in_time, program, run, run_json, text};

/// A directory with a database.
fn with_database() -> TempDir {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    directory
}

/// Makes the database so large that its backup takes a while.
fn fill(directory: &TempDir, mebibytes: u32) {
    let database = Connection::open(directory.path().join("aether.db")).unwrap();
    let fill = format!(
        "PRAGMA synchronous = OFF; CREATE TABLE filler (x BLOB);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {mebibytes})
         INSERT INTO filler SELECT randomblob(1 << 20) FROM n"
    );
    database.execute_batch(&fill).unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Requires that a file is a complete backup that only its owner can read.
fn assert_private_backup(path: &Path) {
    let file = fs::symlink_metadata(path).unwrap();
    assert!(file.is_file());
    assert_eq!(file.permissions().mode() & 0o7777, 0o600);
    let database = Connection::open(path).unwrap();
    let found: (String, u32) = database
        .query_row("SELECT name, (SELECT count(*) FROM api_tokens) FROM organizations", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(found, ("acme".to_owned(), 1));
}

/// The name of a file that another user plants, and the way.
type Plant<'p> = (&'p str, &'p dyn Fn(&Path));

#[test]
fn planted_files_are_neither_used_nor_touched() {
    let directory = with_database();
    let notes = "somebody's notes ".repeat(400);
    let journal = "a planted journal";
    let plant: [Plant<'_>; 5] = [
        ("b.db.partial", &|path| {
            fs::write(path, "").unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
        }),
        ("b.db.partial", &|path| symlink(path.with_file_name("elsewhere"), path).unwrap()),
        ("b.db.partial", &|path| fs::write(path, &notes).unwrap()),
        ("b.db-journal", &|path| fs::write(path, journal).unwrap()),
        ("b.db-wal", &|path| fs::write(path, journal).unwrap()),
    ];
    for (index, (name, plant)) in plant.into_iter().enumerate() {
        let shared = directory.path().join(format!("shared-{index}"));
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, Permissions::from_mode(0o777)).unwrap();
        let planted = shared.join(name);
        plant(&planted);
        let contents = || fs::read(&planted).ok();
        let (before, backup) = (contents(), shared.join("b.db"));
        run_json(&directory, &["backup", backup.to_str().unwrap()]);
        assert_eq!(names(&shared), ["b.db", name], "planting {index}");
        assert_eq!(contents(), before, "planting {index}");
        fs::remove_file(&planted).unwrap();
        assert_private_backup(&backup);
    }
}

#[test]
fn existing_path_is_refused_also_if_it_is_a_link() {
    let directory = with_database();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("file"), "mine").unwrap();
    symlink(path("file"), path("link")).unwrap();
    symlink(path("nowhere"), path("dangling")).unwrap();
    fs::create_dir(path("subdirectory")).unwrap();
    let before = names(directory.path());
    for name in ["file", "link", "dangling", "subdirectory"] {
        for command in [&["backup"][..], &["audit", "export", "--before", "0s", "--output"]] {
            let output = run(&directory, &[command, &[name]].concat());
            assert_eq!(output.status.code(), Some(1), "{name}");
            let problem = match name {
                "subdirectory" => "it is a directory; give the path of a new file in it",
                _ => "the file already exists; give the path of a new file",
            };
            assert_eq!(text(&output.stderr), format!("aether-server: {name}: {problem}\n"));
        }
    }
    assert_eq!(fs::read(path("file")).unwrap(), b"mine");
    assert_eq!(names(directory.path()), before);
}

#[test]
fn backup_is_private_under_every_umask() {
    let directory = with_database();
    for umask in ["000", "077", "777"] {
        let name = format!("{umask}.db");
        let script = format!("umask {umask}; exec {} backup {name}", env!("CARGO_BIN_EXE_aether-server"));
        let output = Command::new("sh").args(["-c", &script]).current_dir(directory.path()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_private_backup(&directory.path().join(name));
    }
}

#[test]
fn one_of_two_backups_to_the_same_path_succeeds() {
    let directory = with_database();
    fill(&directory, 8);
    let backups = [(); 2].map(|()| {
        let mut command = program(&directory);
        command.args(["backup", "b.db"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let outputs = backups.map(|backup| backup.wait_with_output().unwrap());
    assert_eq!(outputs.iter().filter(|output| output.status.success()).count(), 1);
    let failed = outputs.iter().find(|output| !output.status.success()).unwrap();
    assert!(text(&failed.stderr).contains("b.db: "), "{}", text(&failed.stderr));
    assert_private_backup(&directory.path().join("b.db"));
    assert_eq!(names(directory.path()).iter().filter(|name| name.contains("backup")).count(), 0);
}

#[test]
fn backup_that_a_signal_ends_leaves_nothing() {
    let directory = with_database();
    fill(&directory, 200);
    let before = names(directory.path());
    let has_begun = || names(directory.path()).iter().any(|name| name.starts_with(".aether-backup-"));
    for signal in ["TERM", "INT"] {
        let mut command = program(&directory);
        let backup = command.args(["backup", "b.db"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        assert!(holds_in_time(has_begun));
        assert!(Command::new("kill").args(["-s", signal, &backup.id().to_string()]).status().unwrap().success());
        let output = backup.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{signal}");
        assert_eq!(text(&output.stderr), "aether-server: stopped by a signal\n");
        let left: Vec<_> = names(directory.path())
            .into_iter()
            .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
            .collect();
        assert_eq!(left, before, "{signal}");
    }
}

#[test]
fn failed_backup_leaves_nothing() {
    let directory = with_database();
    let damaged = directory.path().join("damaged.db");
    run_json(&directory, &["backup", "damaged.db"]);
    let mut bytes = fs::read(&damaged).unwrap();
    let page = bytes.len() - 4096;
    bytes[page..page + 2000].fill(7);
    fs::write(&damaged, bytes).unwrap();
    let output = run(&directory, &["backup", "b.db", "--database", "damaged.db"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the database is damaged"), "{}", text(&output.stderr));
    assert!(names(directory.path()).iter().all(|name| name != "b.db" && !name.contains("backup")));
}
