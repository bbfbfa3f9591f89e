//! The moves of a replacement: see [`super::replacement`].

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::replacement::{self, Replacement, exists, moved, name};
use crate::directory::{self, parent};
use crate::store::StoreError;
use crate::store::files::DatabaseFiles;
use crate::store::lock_file::LockFile;
use crate::store::staging::Staging;
use crate::timestamp::Timestamp;

/// Moves the old database to a new directory, if there is one, and the restored one to its place. Returns the directory.
pub(super) fn place(
    files: &DatabaseFiles,
    lock: &LockFile,
    staging: &Staging,
    now: Timestamp,
) -> Result<Option<PathBuf>, StoreError> {
    let (restored, id) = (staging.path(), staging.id());
    let place = || {
        let kept = create_directory(files, now)?;
        let record = Replacement { kept: name(&kept), restored: relative(files, &restored), id };
        replacement::write(files, &record).inspect_err(|_| {
            // Nothing is moved, so it is empty.
            let _ = fs::remove_dir(&kept);
        })?;
        let old: Vec<_> = moved(files).into_iter().filter(|path| exists(path)).collect();
        for path in &old {
            fs::rename(path, kept.join(name(path)))?;
        }
        directory::sync(&kept)?;
        fs::rename(&restored, &files.database)?;
        directory::sync_parent(&files.database)?;
        replacement::complete(files, lock, id)?;
        if old.is_empty() {
            fs::remove_dir(&kept)?;
        }
        Ok((!old.is_empty()).then_some(kept))
    };
    place().map_err(StoreError::Io)
}

/// Creates a directory for the old files, which only this user can open.
fn create_directory(files: &DatabaseFiles, now: Timestamp) -> io::Result<PathBuf> {
    let time = DateTime::<Utc>::from(now).format("%Y%m%dT%H%M%SZ");
    for number in 1.. {
        let mut path = OsString::from(&files.database);
        path.push(format!(".replaced-{time}"));
        if number > 1 {
            path.push(format!("-{number}"));
        }
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => {
                created?;
                directory::sync_parent(Path::new(&path))?;
                return Ok(path.into());
            }
        }
    }
    unreachable!("a name is free")
}

fn relative(files: &DatabaseFiles, path: &Path) -> OsString {
    path.strip_prefix(parent(&files.database)).unwrap_or(path).into()
}
