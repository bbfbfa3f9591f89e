//! How every connection is set up.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::{StoreError, migrations};

/// The page cache of one connection, in KiB. It holds the upper levels of the indexes of a million tokens.
const CACHE_KIB: i64 = 16 * 1024;

/// How many prepared statements a connection keeps: more than there are.
const STATEMENTS: usize = 64;

/// Makes the file where there is none, for its owner alone: it names tokens and what they may do. SQLite gives the
/// files beside it the same permissions.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(StoreError::Prepare(error)),
        _ => Ok(()),
    }
}

/// A connection that may write, to a file that is ours: [`super::migrations::identify`] is asked before anything in it
/// is changed.
pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(busy_timeout)?;
    migrations::identify(&connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A new connection to a WAL database can be at NORMAL, which forgets acknowledged commits when the power goes.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn open_reader(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let connection = open(path, busy_timeout)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
