//! Backups of a database that may be in use.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{connection, identity, migrations};
use crate::fsync;
use crate::store::StoreError;
use crate::store::files::DatabaseFiles;
use crate::store::opening::verify_for_command;

/// The number of pages that are copied between two reports of progress.
const PAGES: i32 = 1024;
/// The time before a step is tried again that met a lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Copies the database at `from`, in its present state, to a new file at `to`. `progress` is called with the number of copied pages
/// and the number of all pages.
///
/// The copy is one file that can replace the original. It gets its name when it is complete, checked and synced.
///
/// # Errors
/// Fails if `from` is not an Aether database, `to` exists, or the copy cannot be written.
pub fn backup(
    from: &Path,
    to: &Path,
    busy_timeout: Duration,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), StoreError> {
    if to.exists() {
        return Err(file_error(to, &io::Error::new(io::ErrorKind::AlreadyExists, "the file already exists")));
    }
    fs::metadata(from).map_err(|error| file_error(from, &error))?;
    verify_for_command(&DatabaseFiles::resolve(from)?).map_err(StoreError::at_start)?;
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Partial(partial.into());
    match connection::create(&partial.0) {
        Err(StoreError::Io(error)) => return Err(file_error(&partial.0, &error)),
        created => created?,
    }
    copy(from, &partial.0, busy_timeout, &mut progress)?;
    let finish = || {
        File::open(&partial.0)?.sync_all()?;
        // Unlike a rename, a link does not replace a file that was created meanwhile.
        fs::hard_link(&partial.0, to)?;
        fsync::sync_parent_directory(to)
    };
    finish().map_err(|error| file_error(to, &error))
}

/// An error with the path of its file.
fn file_error(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// A file that is removed when this is dropped.
struct Partial(std::path::PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Best effort: the name of a leftover tells its purpose.
        let _ = fs::remove_file(&self.0);
    }
}

fn copy(from: &Path, to: &Path, busy_timeout: Duration, progress: &mut impl FnMut(u64, u64)) -> Result<(), StoreError> {
    let source = connection::open_reader(from, busy_timeout)?;
    if migrations::identify(&source)? == 0 {
        return Err(StoreError::Foreign);
    }
    // An open transaction fixes the state of the copy. Without it, each write to the original would restart the copy.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM organizations", [], |_| Ok(()))?;
    let mut target = Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut target)?;
        loop {
            let step = backup.step(PAGES)?;
            let at = backup.progress();
            let (total, left) = (u64::try_from(at.pagecount).unwrap_or(0), u64::try_from(at.remaining).unwrap_or(0));
            progress(total.saturating_sub(left), total);
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
    identity::mark_as_copy(&target)?;
    let verdict: String = target.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Corrupt("pages"));
    }
    target.close().map_err(|(_, error)| error.into())
}
