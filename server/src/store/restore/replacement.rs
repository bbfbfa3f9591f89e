//! The replacement of a database by a restored one, which a crash or `kill -9` can interrupt anywhere.
//!
//! The lock of the server is held all the time, and its file announces the restore, so no command opens the database. One that had opened
//! it before is found by its locks.
//!
//! The old database is up to three files, so no single rename replaces it. A record, `aether.db.restore`, is on the disk from before the
//! first move until after the last: with it, the server and the commands refuse to open anything, since the files can be of both
//! databases. The next restore finds the record and [undoes](undo) the moves, unless the last one was made.
//!
//! 1. Create the directory for the old files.
//! 2. Write the record. The restored file is complete and synced.
//! 3. Move the database, its log and the index of the log to the directory. Sync it.
//! 4. Move the restored file to the place of the database. Sync the directory. From here on, the restore is complete.
//! 5. Write the lock file, and remove the record.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::directory::{self, parent};
use crate::store::StoreError;
use crate::store::files::{DatabaseFiles, FileId, file_id};
use crate::store::identity::Mark;
use crate::store::lock_file::{LockFile, Record};

/// The record of a replacement. The paths are relative to the directory of the database, so it can be moved. They need not be in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Replacement {
    /// The directory to which the old files are moved.
    pub(super) kept: OsString,
    /// The restored file, before it is moved.
    pub(super) restored: OsString,
    /// Device and inode of the restored file.
    pub(super) id: FileId,
}

/// The beginning of the name of the directory in which a restored file is prepared.
pub(super) fn staging_prefix(files: &DatabaseFiles) -> String {
    format!(".{}-restore-", name(&files.database).to_string_lossy())
}

/// The files of the old database that are moved.
pub(super) fn moved(files: &DatabaseFiles) -> [&Path; 3] {
    [&files.database, &files.log, &files.log_index]
}

/// Requires that no replacement has begun.
pub(in crate::store) fn require_none(files: &DatabaseFiles) -> Result<(), StoreError> {
    let Some(replacement) = read(files).map_err(StoreError::Io)? else { return Ok(()) };
    let kept = parent(&files.database).join(replacement.kept);
    Err(StoreError::RestoreUnfinished { record: files.restore.display().to_string(), kept: kept.display().to_string() })
}

/// The record, if a replacement has begun.
fn read(files: &DatabaseFiles) -> io::Result<Option<Replacement>> {
    match fs::read(&files.restore) {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|error| {
            io::Error::other(format!("{}: {error}; this record of a restore was altered", files.restore.display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the record. It appears complete or not at all.
pub(super) fn write(files: &DatabaseFiles, replacement: &Replacement) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(&staging_prefix(files)).tempfile_in(parent(&files.restore))?;
    file.write_all(&serde_json::to_vec(replacement)?)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&files.restore)?;
    directory::sync_parent(&files.restore)
}

/// Removes the record.
fn remove(files: &DatabaseFiles) -> io::Result<()> {
    fs::remove_file(&files.restore)?;
    directory::sync_parent(&files.restore)
}

/// Puts back the old files of an interrupted replacement, unless the restored one is in its place already. Every step can be repeated.
///
/// Fails if a file is in the place of an old one.
pub(super) fn undo(files: &DatabaseFiles, lock: &LockFile) -> io::Result<()> {
    let Some(replacement) = read(files)? else { return Ok(()) };
    let directory = parent(&files.database);
    let (kept, restored) = (directory.join(replacement.kept), directory.join(replacement.restored));
    if file_id(&files.database).is_ok_and(|id| id == replacement.id) {
        complete(files, lock, replacement.id)?;
    } else {
        put_back(files, &kept)?;
        ignore_missing(fs::remove_file(&restored))?;
        remove(files)?;
    }
    // They stay if the old files or those of the operator are in them.
    let _ = fs::remove_dir(&kept);
    let _ = fs::remove_dir(parent(&restored));
    Ok(())
}

/// Ends a replacement whose restored file is in its place.
pub(super) fn complete(files: &DatabaseFiles, lock: &LockFile, restored: FileId) -> io::Result<()> {
    // From here on, a log next to the database can only be its own.
    lock.write(&Record { pid: std::process::id(), file: restored, marks: vec![Mark::Copy] })?;
    remove(files)
}

fn put_back(files: &DatabaseFiles, kept: &Path) -> io::Result<()> {
    let old: Vec<_> = moved(files).into_iter().filter(|path| exists(&kept.join(name(path)))).collect();
    if let Some(path) = old.iter().find(|path| fs::symlink_metadata(path).is_ok_and(|file| file.len() > 0)) {
        let problem = format!(
            "{path} is not the file of the interrupted restore, and {old} is that of the database before it; move one of them to another \
             directory, and restore again",
            path = path.display(),
            old = kept.join(name(path)).display()
        );
        return Err(io::Error::other(problem));
    }
    for path in old {
        fs::rename(kept.join(name(path)), path)?;
    }
    directory::sync_parent(&files.database)?;
    if exists(kept) { directory::sync(kept) } else { Ok(()) }
}

pub(super) fn name(path: &Path) -> OsString {
    path.file_name().map(OsString::from).unwrap_or_default()
}

pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
