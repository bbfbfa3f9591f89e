//! The replacement of a database by a restored one, which a crash or `kill -9` can interrupt anywhere.
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
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fsync;
use crate::store::StoreError;
use crate::store::files::DatabaseFiles;
use crate::store::staging::parent;

/// The record of a replacement. The paths are relative to the directory of the database, so it can be moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Replacement {
    /// The directory to which the old files are moved.
    pub(super) kept: PathBuf,
    /// The restored file.
    pub(super) restored: PathBuf,
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
    fsync::sync_parent_directory(&files.restore)
}

/// Removes the record.
pub(super) fn remove(files: &DatabaseFiles) -> io::Result<()> {
    fs::remove_file(&files.restore)?;
    fsync::sync_parent_directory(&files.restore)
}

/// Puts back the old files of an interrupted replacement, unless the restored one is in its place already. Every step can be repeated.
pub(super) fn undo(files: &DatabaseFiles) -> io::Result<()> {
    let Some(replacement) = read(files)? else { return Ok(()) };
    let directory = parent(&files.database);
    let (kept, restored) = (directory.join(replacement.kept), directory.join(replacement.restored));
    let is_complete = !exists(&restored) && exists(&files.database);
    if !is_complete {
        for path in moved(files) {
            let old = kept.join(name(path));
            if exists(&old) && !exists(path) {
                fs::rename(old, path)?;
            }
        }
        fsync::sync_parent_directory(&files.database)?;
        ignore_missing(fs::remove_file(&restored))?;
        // It stays if the operator put something into it.
        let _ = fs::remove_dir(&kept);
    }
    // Empty now, unless a side file of the restored one is left.
    let _ = fs::remove_dir(parent(&restored));
    remove(files)
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
