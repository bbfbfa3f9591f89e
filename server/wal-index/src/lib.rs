//! The version of an SQLite database, read from the index of its write-ahead log without a system call.
//!
//! SQLite keeps the header of that index in memory that all processes of a database share. Each commit of any process replaces the header
//! before it returns, and a reader that sees the header of its snapshot knows that the snapshot is current. `PRAGMA data_version` gives the
//! same answer, but begins a read transaction to find it, which takes three calls of the operating system.
//!
//! The format is part of SQLite's file format (<https://sqlite.org/walformat.html>).

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, Error, ffi};

/// The size in bytes in which SQLite maps the index. The header is at the beginning of the first region.
const REGION: c_int = 32 * 1024;

/// The length of the header in words of 32 bits. It has a count of commits, the length of the log, its salts and a checksum.
const WORDS: usize = 12;

/// The word that counts the commits.
const COMMITS: usize = 2;

/// A version of a database. Two equal ones have the same contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version([u32; WORDS]);

impl Version {
    /// Whether there was exactly one commit between `before` and this version.
    #[must_use]
    pub fn is_next_of(self, before: Self) -> bool {
        self.0[COMMITS] == before.0[COMMITS].wrapping_add(1)
    }
}

/// The present version of the database `main`, or `None` if the index of its log is not there yet: nothing was read.
///
/// A commit that has returned before this call, in any process, has changed the version.
///
/// # Errors
/// Fails if the database has no write-ahead log, or its index cannot be mapped.
pub fn version(connection: &Connection) -> Result<Option<Version>, Error> {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    let mut region = ptr::null_mut();
    // SAFETY: The connection is open while it is borrowed, and SQLite writes a pointer to its own file, with methods of the version that
    // the file declares. `Connection` is not `Sync`, so no other thread uses the connection meanwhile.
    let result = unsafe {
        let result = ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            ptr::from_mut(&mut file).cast(),
        );
        let methods = file.as_ref().and_then(|file| file.pMethods.as_ref());
        match methods.filter(|methods| methods.iVersion >= 2).and_then(|methods| methods.xShmMap) {
            Some(map) if result == ffi::SQLITE_OK => map(file, 0, REGION, 0, &raw mut region),
            _ => ffi::SQLITE_MISUSE,
        }
    };
    if result != ffi::SQLITE_OK {
        return Err(Error::SqliteFailure(ffi::Error::new(result), None));
    }
    if region.is_null() {
        return Ok(None);
    }
    let words: *mut u32 = region.cast();
    // SAFETY: The region is aligned to a page and longer than the header. It stays mapped while the connection is open, and nothing between
    // the call above and here closes it. Other processes write it, so it is read with atomic loads: a header that is being replaced reads
    // as one that differs from the one before.
    let load = |index| unsafe { AtomicU32::from_ptr(words.add(index)) }.load(Ordering::Acquire);
    Ok(Some(Version(std::array::from_fn(load))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &std::path::Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection
    }

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn version_changes_with_each_commit_and_with_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let (mut writer, reader) = (open(&path), open(&path));
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        let first = version(&reader).unwrap().unwrap();
        assert_eq!(count(&reader), 0);
        assert_eq!(version(&reader), Ok(Some(first)), "a read changes nothing");
        let transaction = writer.transaction().unwrap();
        transaction.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(version(&reader), Ok(Some(first)), "nothing is committed");
        transaction.rollback().unwrap();
        assert_eq!(version(&reader), Ok(Some(first)), "nothing was committed");
        let mut versions = vec![first];
        for _ in 0..2000 {
            writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
            let next = version(&reader).unwrap().unwrap();
            assert_eq!(version(&writer), Ok(Some(next)));
            assert!(!versions.contains(&next), "the log began anew in between");
            assert!(next.is_next_of(versions[versions.len() - 1]) && !next.is_next_of(next));
            versions.push(next);
        }
    }

    #[test]
    fn held_snapshot_is_the_one_of_its_version() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let (writer, reader) = (open(&path), open(&path));
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(count(&reader), 0);
        let held = version(&reader).unwrap();
        writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        assert_ne!(version(&reader).unwrap(), held, "a held snapshot does not hide a commit");
        assert_eq!(count(&reader), 0);
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&reader), 1);
    }

    #[test]
    fn database_without_a_log_is_an_error() {
        let connection = Connection::open_in_memory().unwrap();
        assert!(version(&connection).is_err());
    }
}
