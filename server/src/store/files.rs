//! The paths of the database's files, and the files that they led to when the database was opened.
//!
//! POSIX drops every lock that a process has on a file when the process closes any descriptor of it, and SQLite depends on these
//! locks. So nothing but SQLite opens a file of an open database: this module only asks the file system about paths.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Fault, StoreError};
use crate::directory;

/// The files of a database.
#[derive(Debug, Clone)]
pub(super) struct DatabaseFiles {
    /// The database.
    pub(super) database: PathBuf,
    /// Its write-ahead log.
    pub(super) log: PathBuf,
    /// The index of the write-ahead log.
    pub(super) log_index: PathBuf,
    /// The lock file.
    pub(super) lock: PathBuf,
    /// The reserve of disk space.
    pub(super) reserve: PathBuf,
    /// The record of a restore that has begun to replace the database.
    pub(super) restore: PathBuf,
}

impl DatabaseFiles {
    /// The files of the database at `path`, which need not exist. As SQLite does, it follows symbolic links, so the other files are
    /// next to the file itself, and two links to one database have one lock.
    pub(super) fn resolve(path: &Path) -> Result<Self, StoreError> {
        let database = match fs::canonicalize(path) {
            Ok(database) => verify_file(database)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => new_file(path)?,
            Err(error) => return Err(StoreError::Io(error)),
        };
        let with = |suffix: &str| {
            let mut path = OsString::from(&database);
            path.push(suffix);
            PathBuf::from(path)
        };
        Ok(Self {
            log: with("-wal"),
            log_index: with("-shm"),
            lock: with(".lock"),
            reserve: with(".reserve"),
            restore: with(".restore"),
            database,
        })
    }

    /// The size of the database file; 0 if it does not exist.
    pub(super) fn database_size(&self) -> io::Result<u64> {
        size(&self.database)
    }

    /// The size of the write-ahead log; 0 if it does not exist.
    pub(super) fn log_size(&self) -> io::Result<u64> {
        size(&self.log)
    }
}

/// Verifies that the path leads to a file with one name: the other files are found by the name, so a second name has another log and
/// another lock.
fn verify_file(database: PathBuf) -> Result<PathBuf, StoreError> {
    let file = fs::metadata(&database).map_err(StoreError::Io)?;
    if !file.is_file() {
        return Err(message(io::ErrorKind::InvalidInput, "it is not a file".to_owned()));
    }
    match file.nlink() {
        0 | 1 => Ok(database),
        names => {
            let problem = format!(
                "the file has {names} names (hard links), and each would have another write-ahead log; remove the others"
            );
            Err(message(io::ErrorKind::InvalidInput, problem))
        }
    }
}

/// The path of a database that does not exist yet.
fn new_file(path: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(target) = fs::read_link(path) {
        let problem = format!("it is a symbolic link to {}, which does not exist", target.display());
        return Err(message(io::ErrorKind::NotFound, problem));
    }
    let name = path
        .file_name()
        .ok_or_else(|| message(io::ErrorKind::InvalidInput, "it is not a path of a file".to_owned()))?;
    let directory = directory::parent(path);
    let resolved = fs::canonicalize(directory)
        .map_err(|error| message(error.kind(), format!("the directory {}: {error}", directory.display())))?;
    Ok(resolved.join(name))
}

fn message(kind: io::ErrorKind, problem: String) -> StoreError {
    StoreError::Io(io::Error::new(kind, problem))
}

fn size(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(file) => Ok(file.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// The identity of a file within the machine: device and inode.
pub(super) type FileId = (u64, u64);

/// The identity of the file that a path leads to.
pub(super) fn file_id(path: &Path) -> io::Result<FileId> {
    fs::metadata(path).as_ref().map(file_id_of).map_err(|error| io::Error::new(error.kind(), error.to_string()))
}

pub(super) fn file_id_of(file: &Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// The files of an open database. SQLite writes to them whatever happens to their names.
#[derive(Debug)]
pub(super) struct OpenFiles {
    paths: DatabaseFiles,
    database: FileId,
    log: FileId,
    log_index: FileId,
}

impl OpenFiles {
    /// The files that SQLite has opened. `before` is the identity of the database file before SQLite opened it: SQLite does not report
    /// it, so a file that was replaced meanwhile is an error.
    pub(super) fn of(paths: DatabaseFiles, before: FileId) -> Result<Self, StoreError> {
        let id = |path: &Path| file_id(path).map_err(StoreError::Io);
        let (database, log, log_index) = (id(&paths.database)?, id(&paths.log)?, id(&paths.log_index)?);
        if database == before {
            Ok(Self { paths, database, log, log_index })
        } else {
            Err(StoreError::Unwritable(Fault::FileReplaced))
        }
    }

    /// The paths.
    pub(super) fn paths(&self) -> &DatabaseFiles {
        &self.paths
    }

    /// Fails if a path does not lead to the opened file any more. A write would be lost then: no later start would find it.
    pub(super) fn verify(&self) -> Result<(), Fault> {
        let is = |path: &Path, id: FileId| file_id(path).is_ok_and(|found| found == id);
        if !is(&self.paths.database, self.database) {
            Err(Fault::FileReplaced)
        } else if is(&self.paths.log, self.log) && is(&self.paths.log_index, self.log_index) {
            Ok(())
        } else {
            Err(Fault::LogReplaced)
        }
    }
}
