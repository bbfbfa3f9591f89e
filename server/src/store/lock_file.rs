//! The lock file of a server: one server at a time uses a database.
//!
//! The lock is an advisory one of the operating system on a file of its own, next to the database. It ends with the process, however that
//! ends, so a file that is left has no effect. It is not on the database file, because closing a descriptor of that file would drop
//! SQLite's locks. Commands are locked out by a [restore](Holder::Restore) alone: they only look whether a program has the lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::files::{DatabaseFiles, FileId, file_id, file_id_of};
use super::identity::Mark;
use crate::directory;

/// The time that a server waits for the lock: a command that looks whether a server runs has it for a moment.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// The contents of a lock file, one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The process that has, or had, the lock.
    pub(super) pid: u32,
    /// Device and inode of its database file.
    pub(super) file: FileId,
    /// The marks that the database file can have.
    pub(super) marks: Vec<Mark>,
}

/// The announcement of a restore, the second line of a lock file. It holds as long as the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Announcement {
    /// The process that replaces the database.
    restoring_process: u32,
}

/// The program that has a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A server.
    Server,
    /// A restore, which replaces the database.
    Restore {
        /// The id of its process.
        process: u32,
    },
}

/// The lock of a running server, or of a restore. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
    path: PathBuf,
    id: FileId,
}

impl LockFile {
    /// Takes the lock. The file gets the owner and the permissions of the database, as SQLite's files do, so the user of the server can
    /// open it if root has created it.
    pub(super) fn acquire(files: &DatabaseFiles) -> Result<Self, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lock = Self::open(files).map_err(|error| cannot_create(files, &error))?;
            match lock.file.try_lock() {
                // Without this, two servers could lock two files, if one was removed in between.
                Ok(()) if lock.is_in_place() => {
                    lock.remove_announcement().map_err(|error| cannot_create(files, &error))?;
                    return Ok(lock);
                }
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(cannot_create(files, &error)),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => return Err(lock.in_use()),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }

    fn open(files: &DatabaseFiles) -> io::Result<Self> {
        let path = files.lock.clone();
        let is_new = !path.exists();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        if is_new {
            if let Ok(database) = fs::metadata(&files.database) {
                file.set_permissions(fs::Permissions::from_mode(database.mode() & 0o666))?;
                // Only root can change the owner. Otherwise it is this user, who may use the database all the same.
                let _ = fchown(&file, Some(database.uid()), Some(database.gid()));
            }
            directory::sync_parent(&path)?;
        }
        let id = file_id_of(&file.metadata()?);
        Ok(Self { file, path, id })
    }

    /// Whether the path still leads to this file. Otherwise another server can lock another file.
    pub(super) fn is_in_place(&self) -> bool {
        file_id(&self.path).is_ok_and(|found| found == self.id)
    }

    /// The record of the last server; `None` if there is none, or it is incomplete.
    pub(super) fn read(&self) -> Option<Record> {
        parse(&contents(&self.file).ok()?).0
    }

    /// The error of a lock that another program has.
    fn in_use(&self) -> StoreError {
        let (record, announcement) = contents(&self.file).map_or((None, None), |contents| parse(&contents));
        match (announcement, record) {
            (Some(announcement), _) => StoreError::RestoreRuns { process: announcement.restoring_process },
            (None, Some(record)) => StoreError::InUse { process: record.pid.to_string() },
            (None, None) => StoreError::InUse { process: "unknown".to_owned() },
        }
    }

    /// Announces to commands that this process replaces the database.
    pub(super) fn announce_restore(&self) -> io::Result<()> {
        let announcement = Announcement { restoring_process: std::process::id() };
        let line = format!("\n{}\n", serde_json::to_string(&announcement)?);
        self.file.write_all_at(line.as_bytes(), record_length(&contents(&self.file)?))
    }

    /// Removes the announcement that a killed restore left.
    fn remove_announcement(&self) -> io::Result<()> {
        let contents = contents(&self.file)?;
        if parse(&contents).1.is_some() { self.file.set_len(record_length(&contents)) } else { Ok(()) }
    }

    /// Writes a record, and syncs it. It is one short write in place, which an interruption does not divide: the file has to stay the
    /// locked one, so it cannot be replaced.
    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all_at(&line, 0)?;
        self.file.set_len(line.len() as u64)?;
        self.file.sync_all()
    }
}

/// The record next to a database, and the program that has the lock. For commands.
pub(super) fn peek(files: &DatabaseFiles) -> (Option<Record>, Option<Holder>) {
    let Ok(file) = File::open(&files.lock) else { return (None, None) };
    let is_locked = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let (record, announcement) = contents(&file).map_or((None, None), |contents| parse(&contents));
    let holder = announcement.map_or(Holder::Server, |it| Holder::Restore { process: it.restoring_process });
    (record, is_locked.then_some(holder))
}

fn contents(mut file: &File) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut contents)?;
    Ok(contents)
}

fn parse(contents: &[u8]) -> (Option<Record>, Option<Announcement>) {
    let mut lines = lines(contents);
    let record = lines.next().and_then(|line| serde_json::from_slice(line).ok());
    (record, lines.next().and_then(|line| serde_json::from_slice(line).ok()))
}

/// The length of the record, without the end of its line.
fn record_length(contents: &[u8]) -> u64 {
    lines(contents).next().unwrap_or_default().len() as u64
}

fn lines(contents: &[u8]) -> impl Iterator<Item = &[u8]> {
    contents.split(|byte| *byte == b'\n')
}

fn cannot_create(files: &DatabaseFiles, error: &io::Error) -> StoreError {
    let path = files.lock.display();
    let message =
        format!("cannot use the lock file {path}: {error}; the server has to write to the database's directory");
    StoreError::Io(io::Error::new(error.kind(), message))
}
