//! The configuration of connections.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::migrations;
use crate::store::StoreError;

/// The page cache of one connection, in KiB. It holds the upper levels of the indexes of a million tokens.
const CACHE_KIB: i64 = 16 * 1024;

/// The number of prepared statements that a connection caches: more than there are.
const STATEMENTS: usize = 64;

/// The size, in bytes, to which the write-ahead log is cut when it is written from its beginning. It is the size at which SQLite moves
/// the log to the database file, so normal commits never cut it, and the log keeps its room on a full disk.
pub(in crate::store) const LOG_SIZE: u32 = 4 * 1024 * 1024;

/// Creates the file if it does not exist, readable by its owner alone. SQLite creates the `-wal` and `-shm` files with the same
/// permissions.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(StoreError::Io(error)),
        _ => Ok(()),
    }
}

/// Opens a connection that can write to the file at `path`, which has to exist. The file is identified before anything in it is changed.
pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(busy_timeout)?;
    migrations::identify(&connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The default of a new connection to a WAL database can be NORMAL, which loses acknowledged commits in a power failure.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_SIZE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(super) fn open_reader(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let connection = open(path, busy_timeout)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Whether the database has a table. A database of an earlier version lacks the later ones until it is migrated.
pub(super) fn has_table(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)";
    Ok(connection.query_row(sql, [name], |row| row.get(0))?)
}
