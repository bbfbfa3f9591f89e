//! Backups of a database that may be in use.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{check, connection, identity, maintenance, migrations};
use crate::store::files::DatabaseFiles;
use crate::store::opening::verify_for_command;
use crate::store::staging::Staging;
use crate::store::{Stage, StoreError, Task};
use crate::timestamp::Timestamp;

/// The number of pages that are copied between two reports of progress.
const PAGES: i32 = 1024;
/// The time before a step is tried again that met a lock.
const PAUSE: Duration = Duration::from_millis(50);
/// The beginning of the name of the directory in which a backup is written.
const PREFIX: &str = ".aether-backup-";

/// Copies the database at `from`, in its present state, to a new file at `to`. Returns the time of that state. `progress` is called with
/// each stage and with the number of copied pages. The copy ends when `cancelled` is set.
///
/// The copy is one file that can replace the original. It gets its name when it is complete, checked and synced.
///
/// # Errors
/// Fails if `from` is not an Aether database, `to` exists, or the copy cannot be written.
pub fn backup(
    from: &Path,
    to: &Path,
    busy_timeout: Duration,
    cancelled: &Arc<AtomicBool>,
    mut progress: impl FnMut(Stage),
) -> Result<Timestamp, StoreError> {
    // A link is a file, too, wherever it leads.
    if fs::symlink_metadata(to).is_ok() {
        return Err(file_error(to, &io::Error::new(io::ErrorKind::AlreadyExists, "the file already exists")));
    }
    let files = DatabaseFiles::resolve(from).map_err(|error| of_file(from, error))?;
    verify_for_command(&files).map_err(StoreError::at_start)?;
    fs::metadata(&files.database).map_err(|error| file_error(from, &error))?;
    let staging = Staging::create(to, PREFIX).map_err(StoreError::Io)?;
    let taken_at = copy(from, &staging, busy_timeout, cancelled, &mut progress).map_err(StoreError::at_start)?;
    if cancelled.load(Ordering::Relaxed) {
        return Err(StoreError::Stopped);
    }
    staging.publish(to).map_err(|error| file_error(to, &error))?;
    Ok(taken_at)
}

fn of_file(path: &Path, error: StoreError) -> StoreError {
    if let StoreError::Io(error) = error { file_error(path, &error) } else { error }
}

/// An error with the path of its file.
fn file_error(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn copy(
    from: &Path,
    staging: &Staging,
    busy_timeout: Duration,
    cancelled: &Arc<AtomicBool>,
    progress: &mut impl FnMut(Stage),
) -> Result<Timestamp, StoreError> {
    let source = connection::open_reader(from, busy_timeout)?;
    if migrations::identify(&source)? == 0 {
        return Err(StoreError::Foreign);
    }
    // An open transaction fixes the state of the copy. Without it, each write to the original would restart the copy.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM organizations", [], |_| Ok(()))?;
    let taken_at = Timestamp::now();
    let mut target = Connection::open(staging.path())?;
    // SQLite opens the file once, by its path. A first write, which is overwritten, tells which file that was before it has any contents
    // of the database.
    target.pragma_update(None, "user_version", 1)?;
    staging.require_contents().map_err(StoreError::Io)?;
    {
        let backup = Backup::new(&source, &mut target)?;
        loop {
            if cancelled.load(Ordering::Relaxed) {
                return Err(StoreError::Stopped);
            }
            let step = backup.step(PAGES)?;
            let at = backup.progress();
            let (total, left) = (u64::try_from(at.pagecount).unwrap_or(0), u64::try_from(at.remaining).unwrap_or(0));
            progress(Stage::Copying { done: total.saturating_sub(left), total });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // Another program holds a lock.
                _ => std::thread::sleep(PAUSE),
            }
        }
    }
    // The copy is one file, without a `-wal` file.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    maintenance::record_if_known(&target, Task::Backup, taken_at)?;
    identity::mark_as_copy(&target)?;
    progress(Stage::Checking);
    check::check_copy(&mut target, cancelled)?;
    target.close().map_err(|(_, error)| error)?;
    Ok(taken_at)
}
