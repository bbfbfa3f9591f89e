//! The opening of a database, by a server or by a command. [`super::identity`] has the reasons for its order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Duration;

use tracing::warn;

use super::files::{DatabaseFiles, OpenFiles, file_id};
use super::health::Health;
use super::identity::{Identity, Mark, log_belongs_to};
use super::lock_file::{self, Holder, LockFile, Record};
use super::restore::replacement;
use super::{ServerSettings, StoreError, sqlite};

/// The program that opens a database.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// A server, the only one of its database.
    Server(ServerSettings),
    /// A command, next to a server or without one.
    Command {
        /// Whether it creates a database that does not exist.
        creates: bool,
    },
}

/// Opens the database at `path`, or creates it if the role does, and migrates it to this version. Returns the writer and the readers.
///
/// The check and the migrations of a server are interrupted when `cancelled` is set: they can take minutes.
pub(super) fn open(
    path: &Path,
    busy_timeout: Duration,
    role: Role,
    cancelled: &Arc<AtomicBool>,
) -> Result<(sqlite::Writer, sqlite::Readers, Arc<Health>), StoreError> {
    let files = DatabaseFiles::resolve(path)?;
    let open = || match role {
        Role::Server(settings) => open_server(&files, busy_timeout, settings, cancelled),
        Role::Command { creates } => open_command(&files, busy_timeout, creates),
    };
    open().map_err(StoreError::at_start)
}

/// Finds the file of the database at `path`, which need not exist, without opening it.
///
/// # Errors
/// Fails if a server could not open the database because of its path or of a restore.
pub fn locate(path: &Path) -> Result<PathBuf, StoreError> {
    let files = DatabaseFiles::resolve(path)?;
    require_no_restore(&files)?;
    Ok(files.database)
}

fn open_server(
    files: &DatabaseFiles,
    busy_timeout: Duration,
    settings: ServerSettings,
    cancelled: &Arc<AtomicBool>,
) -> Result<(sqlite::Writer, sqlite::Readers, Arc<Health>), StoreError> {
    // Another program's file is not even locked.
    mark_of(files)?;
    let lock = LockFile::acquire(files)?;
    replacement::require_none(files)?;
    let before = lock.read();
    let unclean = verify_log(files, before.as_ref())?;
    let mark = mark_of(files)?;
    let id = sqlite::create(files)?;
    let next = Identity::random().map_err(|error| StoreError::Io(io::Error::other(error)))?;
    let record = |marks: &[Mark]| lock.write(&Record { pid: std::process::id(), file: id, marks: marks.to_vec() });
    let recorded = record(&[mark, next.into()]);
    if let Err(error) = recorded {
        // The old record is as good, if it has the mark. The server can then serve reads on a full disk.
        if before.is_none_or(|record| !record.marks.contains(&mark)) {
            return Err(StoreError::Io(error));
        }
        warn!(%error, "the lock file could not be written");
    }
    let threads = available_parallelism().map_or(1, usize::from);
    let mut connections = sqlite::connect(files, busy_timeout, threads)?;
    if unclean {
        sqlite::check(&mut connections.writer, settings.check_timeout, cancelled)?;
    }
    sqlite::interrupt_when(&mut connections.writer, Some(Arc::clone(cancelled)))?;
    sqlite::migrate(&mut connections.writer)?;
    sqlite::interrupt_when(&mut connections.writer, None)?;
    match sqlite::identity::write(&connections.writer, next) {
        Ok(()) if mark_of(files)? == Mark::Of(next) => record(&[next.into()]).map_err(StoreError::Io)?,
        Ok(()) => {}
        Err(error) if error.is_temporary() => {
            warn!(%error, "the database cannot be written; the server starts and is not ready");
        }
        Err(error) => return Err(error),
    }
    let identity = sqlite::identity::read(&connections.writer)?;
    let health = Health::for_server(OpenFiles::of(files.clone(), id)?, lock, identity);
    connections.start(busy_timeout, settings.token_cache, health)
}

fn open_command(
    files: &DatabaseFiles,
    busy_timeout: Duration,
    creates: bool,
) -> Result<(sqlite::Writer, sqlite::Readers, Arc<Health>), StoreError> {
    verify_for_command(files)?;
    let id = if creates { sqlite::create(files)? } else { file_id(&files.database).map_err(StoreError::Io)? };
    let mut connections = sqlite::connect(files, busy_timeout, 1)?;
    if let Err(error) = require_no_restore(files) {
        connections.keep_log_on_close()?;
        return Err(error);
    }
    sqlite::migrate(&mut connections.writer)?;
    connections.start(busy_timeout, 0, Health::for_command(OpenFiles::of(files.clone(), id)?))
}

/// Requires that no restore replaces the database. A command looks before it opens the database, and again when it has it open: a restore
/// that begins later finds that it is open.
pub(super) fn require_no_restore(files: &DatabaseFiles) -> Result<(), StoreError> {
    // In this order: the announcement ends before the record does.
    if let (_, Some(Holder::Restore { process })) = lock_file::peek(files) {
        return Err(StoreError::RestoreRuns { process });
    }
    replacement::require_none(files)
}

/// Verifies that a command can use the database: the file is the one of the running server, and the log belongs to it.
pub(super) fn verify_for_command(files: &DatabaseFiles) -> Result<(), StoreError> {
    require_no_restore(files)?;
    let (record, holder) = lock_file::peek(files);
    let other = record.as_ref().filter(|record| file_id(&files.database).ok() != Some(record.file));
    if let (Some(record), Some(_)) = (other, holder) {
        return Err(StoreError::OtherFile { process: record.pid });
    }
    verify_log(files, record.as_ref()).map(drop)
}

/// Verifies that the write-ahead log, if there is one, belongs to the database file. Returns whether there is one.
pub(super) fn verify_log(files: &DatabaseFiles, record: Option<&Record>) -> Result<bool, StoreError> {
    if files.log_size().map_err(StoreError::Io)? == 0 {
        return Ok(false);
    }
    let log = files.log.display().to_string();
    if files.database_size().map_err(StoreError::Io)? == 0 {
        return Err(StoreError::LogWithoutDatabase { log });
    }
    let mark = mark_of(files)?;
    if log_belongs_to(mark, record.map(|record| &*record.marks)) {
        return Ok(true);
    }
    let lock = files.lock.display().to_string();
    Err(if mark == Mark::Copy { StoreError::LogOfAnotherCopy { log } } else { StoreError::ForeignLog { log, lock } })
}

/// The mark of the database file; of a missing or an empty one, that of a new one.
fn mark_of(files: &DatabaseFiles) -> Result<Mark, StoreError> {
    match files.database_size().map_err(StoreError::Io)? {
        0 => Ok(Mark::None),
        _ => sqlite::identity::of_file(&files.database),
    }
}
