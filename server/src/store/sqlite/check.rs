//! The check of a database after an unclean stop.
//!
//! It is `quick_check`: it reads each page once and verifies the structure of every table and index, so its time is that of reading
//! the file. `integrity_check` also compares each index with its table; that takes many times longer on a large database, and finds errors
//! of SQLite itself rather than damage by a crash or a wrong write-ahead log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tracing::{info, warn};

use super::interrupt_when;
use crate::service_manager;
use crate::store::StoreError;

/// The number of steps of SQLite between two looks at the clock. A step of the check is a row or a page.
const STEPS: i32 = 10_000;
/// The time between two reports of progress.
const REPORT: Duration = Duration::from_secs(5);

/// Checks the database for at most `timeout`, and reports the progress in the log. A check that takes longer is given up, so that a
/// large database does not keep the server from its work.
///
/// # Errors
/// Fails if the database is damaged, or `cancelled` is set.
pub(in crate::store) fn check(
    connection: &mut Connection,
    timeout: Duration,
    cancelled: &Arc<AtomicBool>,
) -> Result<(), StoreError> {
    if timeout.is_zero() {
        warn!("the last server did not stop cleanly, and the check of the database is switched off");
        return Ok(());
    }
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    info!(pages, ?timeout, "the last server did not stop cleanly; checking the database");
    service_manager::status("checking the database after an unclean stop");
    let (start, timed_out) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let (mut reported, out_of_time, interrupted) = (start, Arc::clone(&timed_out), Arc::clone(cancelled));
    connection.progress_handler(
        STEPS,
        Some(move || {
            let now = Instant::now();
            if now - reported >= REPORT {
                info!(seconds = (now - start).as_secs(), "still checking the database");
                reported = now;
            }
            let is_over = now - start >= timeout;
            out_of_time.store(is_over, Ordering::Relaxed);
            is_over || interrupted.load(Ordering::Relaxed)
        }),
    )?;
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match verdict {
        _ if cancelled.load(Ordering::Relaxed) => Err(StoreError::Stopped),
        // An interrupted check can end with an error or with a problem that it did not find.
        _ if timed_out.load(Ordering::Relaxed) => {
            warn!(?timeout, "the check of the database was given up; a longer --check-timeout completes it");
            Ok(())
        }
        verdict => {
            require_intact(verdict)?;
            info!(millis = start.elapsed().as_millis(), "the database is intact");
            Ok(())
        }
    }
}

fn require_intact(verdict: rusqlite::Result<String>) -> Result<(), StoreError> {
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(problem) => Err(StoreError::Damaged(problem.replace('\n', " "))),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            Err(StoreError::Damaged(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks a copy that no other program uses, however long it takes.
///
/// # Errors
/// Fails if the copy is damaged, or `cancelled` is set.
pub(super) fn check_copy(connection: &mut Connection, cancelled: &Arc<AtomicBool>) -> Result<(), StoreError> {
    interrupt_when(connection, Some(Arc::clone(cancelled)))?;
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    interrupt_when(connection, None)?;
    if cancelled.load(Ordering::Relaxed) {
        return Err(StoreError::Stopped);
    }
    require_intact(verdict)
}

/// As [`check_copy`], for the file at `path`.
pub(in crate::store) fn check_file(path: &Path, cancelled: &Arc<AtomicBool>) -> Result<(), StoreError> {
    let mut connection = Connection::open(path)?;
    check_copy(&mut connection, cancelled)?;
    connection.close().map_err(|(_, error)| error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn database() -> (tempfile::TempDir, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let connection = Connection::open(directory.path().join("a.db")).unwrap();
        connection
            .execute_batch(
                "PRAGMA synchronous = OFF; CREATE TABLE a (b TEXT);
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
                 INSERT INTO a SELECT printf('%d', i) FROM n",
            )
            .unwrap();
        (directory, connection)
    }

    #[test]
    fn long_check_is_given_up() {
        let (_directory, mut connection) = database();
        let cancelled = Arc::new(AtomicBool::new(false));
        check(&mut connection, Duration::from_nanos(1), &cancelled).unwrap();
        check(&mut connection, MINUTE, &cancelled).unwrap();
        cancelled.store(true, Ordering::Relaxed);
        assert!(matches!(check(&mut connection, MINUTE, &cancelled), Err(StoreError::Stopped)));
        let rows: i64 = connection.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 200_000, "later statements are not interrupted");
    }

    #[test]
    fn damage_is_found() {
        let (directory, connection) = database();
        drop(connection);
        let path = directory.path().join("a.db");
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(7);
        std::fs::write(&path, bytes).unwrap();
        let found = check(&mut Connection::open(&path).unwrap(), MINUTE, &Arc::default()).unwrap_err();
        assert!(matches!(&found, StoreError::Damaged(_)), "{found}");
        check(&mut Connection::open(&path).unwrap(), Duration::ZERO, &Arc::default()).unwrap();
    }
}
