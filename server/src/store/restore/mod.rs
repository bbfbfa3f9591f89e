//! The restore of a backup in place of a database.
//!
//! It works in two parts. [`Restore::prepare`] copies the backup into a directory of its own next to the database, and checks the copy;
//! the caller verifies and changes it. Up to then, a signal or a crash leaves the old database as it is. [`Restore::place`] then replaces
//! the database, in the order of [`replacement`]. The lock of the server is held all the time, and commands find that a restore has it.

mod other_program;
mod placement;
pub(super) mod replacement;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use uuid::Uuid;

use super::files::{DatabaseFiles, file_id};
use super::identity::Mark;
use super::lock_file::LockFile;
use super::opening::verify_log;
use super::staging::Staging;
use super::{Stage, StoreError, sqlite};
use crate::directory::parent;
use crate::timestamp::Timestamp;

/// The number of bytes that are copied between two reports of progress.
const CHUNK: usize = 1 << 20;

/// The reason why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The database cannot be replaced.
    #[error(transparent)]
    Database(StoreError),
    /// The backup cannot be read or is damaged.
    #[error("{path}: {source}", path = .path.display())]
    Backup {
        /// The backup.
        path: PathBuf,
        /// The error.
        source: StoreError,
    },
    /// The file is not one that `backup` wrote, or is not in that state any more.
    #[error("{path}: {reason}", path = .path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// The reason, with the remedy.
        reason: String,
    },
    /// Another program has the database open.
    #[error("process {process} has the database open; stop it, and restore again")]
    InUse {
        /// The id of the process.
        process: u32,
    },
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for RestoreError {
    fn from(error: io::Error) -> Self {
        Self::Database(StoreError::Io(error))
    }
}

/// The changes that a restore loses, according to the old database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost {
    /// The organization and the id of each token that is active in the backup, but revoked, expired or purged in the old database.
    pub revoked: Vec<(Uuid, Uuid)>,
    /// The tokens that are active in both, with fewer scopes or an earlier expiry in the old database.
    pub narrowed: Vec<(Uuid, Uuid)>,
    /// The tokens that are active in both, and have a successor in the old database alone: the backup is older than their rotation.
    pub rotated: Vec<(Uuid, Uuid)>,
    /// The number of active tokens of the old database that the backup does not have.
    pub created: u64,
}

/// A copy of a backup, with the lock of the database that it is going to replace. The copy is removed if this is dropped.
#[derive(Debug)]
pub struct Restore {
    files: DatabaseFiles,
    lock: LockFile,
    staging: Staging,
}

impl Restore {
    /// Locks out servers and commands from the database at `database`, which need not exist, finishes an interrupted restore by putting back the old
    /// database, copies the backup next to it, and checks the copy. The copy ends when `cancelled` is set.
    ///
    /// # Errors
    /// Fails if a server or another program uses the database, or the backup is not an intact one. The database is unchanged then.
    pub fn prepare(
        backup: &Path,
        database: &Path,
        cancelled: &Arc<AtomicBool>,
        mut progress: impl FnMut(Stage),
    ) -> Result<Self, RestoreError> {
        let source = |source| RestoreError::Backup { path: backup.to_owned(), source };
        let size = fs::metadata(backup).map_err(|error| source(StoreError::Io(error)))?.len();
        let files = DatabaseFiles::resolve(database)?;
        let lock = LockFile::acquire(&files)?;
        replacement::undo(&files, &lock)?;
        // A command that opens the database from here on finds the announcement, and one that has opened it is found.
        lock.announce_restore()?;
        require_unused(&files)?;
        require_backup(backup, &files)?;
        let staging = Staging::create(&files.database, &replacement::staging_prefix(&files))?;
        if let Ok(owner) = fs::metadata(&files.database).or_else(|_| fs::metadata(parent(&files.database))) {
            staging.give_to(owner.uid(), owner.gid());
        }
        copy(backup, staging.file(), size, cancelled, &mut progress)?;
        // The original may have changed since.
        require_mark(backup, &staging.path())?;
        progress(Stage::Checking);
        sqlite::check_file(&staging.path(), cancelled).map_err(|error| source(error.at_start()))?;
        Ok(Self { files, lock, staging })
    }

    /// The path of the copy, for a [`Store`](super::Store). It has to be closed before the copy is placed.
    #[must_use]
    pub fn copy(&self) -> PathBuf {
        self.staging.path()
    }

    /// The changes since the backup, according to the old database; `None` if there is none.
    ///
    /// # Errors
    /// Fails if the old database cannot be read.
    pub fn lost(&self, busy_timeout: Duration, now: Timestamp) -> Result<Option<Lost>, StoreError> {
        if self.files.database_size().map_err(StoreError::Io)? == 0 {
            return Ok(None);
        }
        verify_log(&self.files, self.lock.read().as_ref())?;
        sqlite::lost::compare(&self.files, &self.staging.path(), busy_timeout, now).map(Some)
    }

    /// Replaces the database with the copy. Returns the directory to which the old database was moved, if there was one.
    ///
    /// # Errors
    /// Fails if another program uses the database, or a change of the copy cannot be written to its file; the database is unchanged then.
    /// Also fails if a file cannot be moved: [`StoreError::RestoreUnfinished`] describes the state at the next start.
    pub fn place(self, now: Timestamp) -> Result<Option<PathBuf>, RestoreError> {
        require_unused(&self.files)?;
        let copy = self.staging.path();
        if file_id(&copy)? != self.staging.id() {
            return Err(io::Error::other("another program replaced the copy of the backup").into());
        }
        sqlite::leave_log(&copy).map_err(StoreError::at_start)?;
        if let Some(log) = side_file(&copy) {
            return Err(io::Error::other(format!("{} has changes that are not in the file", log.display())).into());
        }
        self.staging.sync()?;
        Ok(placement::place(&self.files, &self.lock, &self.staging, now)?)
    }
}

/// Requires that no other program has the database open, as far as its locks tell.
fn require_unused(files: &DatabaseFiles) -> Result<(), RestoreError> {
    match other_program::find(&files.database)? {
        Some(process) => Err(RestoreError::InUse { process }),
        None => Ok(()),
    }
}

/// Requires that the file is one that `backup` wrote and no program has used.
fn require_backup(backup: &Path, files: &DatabaseFiles) -> Result<(), RestoreError> {
    let refused = |reason: String| Err(RestoreError::NotABackup { path: backup.to_owned(), reason });
    let failed = |error| RestoreError::Backup { path: backup.to_owned(), source: StoreError::Io(error) };
    if !fs::metadata(backup).map_err(failed)?.is_file() {
        return refused("it is not a file".to_owned());
    }
    if file_id(backup).ok() == file_id(&files.database).ok() {
        return refused("it is the database itself".to_owned());
    }
    let real = fs::canonicalize(backup).map_err(failed)?;
    if let Some(log) = side_file(&real) {
        return refused(format!(
            "another program has changed the backup, or not finished with it: {} belongs to it; restore a backup that no program has \
             opened, or move that file away if it is not the backup's",
            log.display()
        ));
    }
    require_mark(backup, backup)
}

/// The write-ahead log or the rollback journal next to a database, if it has contents.
fn side_file(database: &Path) -> Option<PathBuf> {
    let side_files = ["-wal", "-journal"].map(|suffix| {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    });
    side_files.into_iter().find(|path| fs::symlink_metadata(path).is_ok_and(|file| file.len() > 0))
}

/// Requires the mark of a copy in the file at `path`, which is the backup or a copy of it.
fn require_mark(backup: &Path, path: &Path) -> Result<(), RestoreError> {
    let reason = match sqlite::identity::of_file(path) {
        Ok(Mark::Copy) => return Ok(()),
        Ok(Mark::None) => "it has no identity, so a version before backups had one wrote it, or another program",
        Ok(Mark::Of(_)) => {
            "it is not a backup, or a server has used it: it has the identity of a database in use; only files that `aether-server backup` \
             wrote can be restored"
        }
        Ok(Mark::Unknown) => "the backup is damaged; restore another one",
        Err(source) => return Err(RestoreError::Backup { path: backup.to_owned(), source: source.at_start() }),
    };
    Err(RestoreError::NotABackup { path: backup.to_owned(), reason: reason.to_owned() })
}

/// Copies the contents of the backup.
fn copy(
    backup: &Path,
    mut to: &File,
    total: u64,
    cancelled: &AtomicBool,
    progress: &mut impl FnMut(Stage),
) -> Result<(), RestoreError> {
    let failed = |error| RestoreError::Backup { path: backup.to_owned(), source: StoreError::Io(error) };
    let mut from = File::open(backup).map_err(failed)?;
    let (mut buffer, mut done) = (vec![0; CHUNK], 0);
    loop {
        if cancelled.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped.into());
        }
        progress(Stage::Copying { done, total });
        let read = from.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read])?;
        done += read as u64;
    }
}
