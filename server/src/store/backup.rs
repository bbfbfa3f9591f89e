//! A copy of a database that may be in use.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{StoreError, connection, migrations};

/// How many pages are copied before progress is shown, and before a step that had to wait is tried again.
const PAGES: i32 = 1024;
const PAUSE: Duration = Duration::from_millis(50);

/// Copies the database at `from` to a new file at `to`, as it is when the copying begins. `progress` is called with the
/// number of pages that are copied, and that there are.
///
/// The copy is one file that can be put in the place of the original. It appears under its name when it is whole, checked
/// and on the disk.
///
/// # Errors
/// Where there is no database of Aether at `from`, something lies at `to`, or the copy cannot be written.
pub fn backup(
    from: &Path,
    to: &Path,
    busy_timeout: Duration,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), StoreError> {
    if to.exists() {
        return Err(about(to, &io::Error::new(io::ErrorKind::AlreadyExists, "it is there already")));
    }
    fs::metadata(from).map_err(|error| about(from, &error))?;
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Partial(partial.into());
    match connection::create(&partial.0) {
        Err(StoreError::Prepare(error)) => return Err(about(&partial.0, &error)),
        created => created?,
    }
    copy(from, &partial.0, busy_timeout, &mut progress)?;
    let finish = || {
        File::open(&partial.0)?.sync_all()?;
        // Unlike a rename, a link does not replace what somebody put there meanwhile.
        fs::hard_link(&partial.0, to)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    finish().map_err(|error| about(to, &error))
}

/// An error that says which of the files it is about.
fn about(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Prepare(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// A file that is removed at the end, whatever that is.
struct Partial(std::path::PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Best effort: what is left over says by its name what it is.
        let _ = fs::remove_file(&self.0);
    }
}

fn copy(from: &Path, to: &Path, busy_timeout: Duration, progress: &mut impl FnMut(u64, u64)) -> Result<(), StoreError> {
    let source = connection::open_reader(from, busy_timeout)?;
    if migrations::identify(&source)? == 0 {
        return Err(StoreError::Foreign);
    }
    // A transaction that stays open keeps the copy at this moment; without it, each write to the original would make the
    // copying begin again.
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
                // Somebody else's lock.
                _ => std::thread::sleep(PAUSE),
            }
        }
    }
    // The copy is one file: what SQLite would put beside it is folded in.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    let verdict: String = target.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Corrupt("pages"));
    }
    target.close().map_err(|(_, error)| error.into())
}
