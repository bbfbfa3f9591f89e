//! The identity of a database file: see [`crate::store::identity`].

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::connection::has_table;
use super::migrations;
use crate::store::StoreError;
use crate::store::identity::{Identity, Mark};

const TABLE: &str = "database_identity";

/// The mark of the database file at `path`, read without its write-ahead log. Changes nothing, and creates no file.
///
/// # Errors
/// Fails if the file is another program's, or of a later version.
pub(in crate::store) fn of_file(path: &Path) -> Result<Mark, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || {
        let file = Connection::open_with_flags(immutable(path), flags)?;
        migrations::identify(&file)?;
        read(&file)
    };
    match read() {
        Ok(found) => Ok(found.map_or(Mark::None, Mark::from)),
        // Without its log, a file can be in any state. Only a wrong header cannot come from an interrupted checkpoint.
        Err(StoreError::Database(error)) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            Ok(Mark::Unknown)
        }
        Err(error) => Err(error),
    }
}

/// The URI by which SQLite reads a file without its log and without locks.
pub(super) fn immutable(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte => write!(uri, "%{byte:02X}").expect("a string accepts text"),
        }
    }
    uri + "?immutable=1"
}

/// The identity of a database; `None` before the migration that adds it, and before the first start of a server.
pub(in crate::store) fn read(connection: &Connection) -> Result<Option<Identity>, StoreError> {
    if !has_table(connection, TABLE)? {
        return Ok(None);
    }
    let identity = connection.query_row("SELECT identity FROM database_identity", [], |row| row.get(0)).optional()?;
    Ok(identity.map(Identity))
}

/// Writes the identity, and moves it from the write-ahead log to the database file unless another program reads.
pub(in crate::store) fn write(connection: &Connection, identity: Identity) -> Result<(), StoreError> {
    let sql = "INSERT INTO database_identity (id, identity) VALUES (1, ?) \
               ON CONFLICT (id) DO UPDATE SET identity = excluded.identity";
    connection.execute(sql, [identity.0])?;
    // A checkpoint that is held up is reported in its row, not as an error.
    connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))?;
    Ok(())
}

/// Gives a copy the identity of copies, if it has the table.
pub(super) fn mark_as_copy(copy: &Connection) -> Result<(), StoreError> {
    if has_table(copy, TABLE)? { write(copy, Identity::COPY) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::connection;
    use super::*;

    #[test]
    fn uri_of_a_path_has_no_special_character() {
        assert_eq!(immutable(Path::new("/a b/ö?#%.db")), "file:/a%20b/%C3%B6%3F%23%25.db?immutable=1");
    }

    #[test]
    fn mark_is_read_without_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a?b.db");
        connection::create(&path).unwrap();
        let mut connection = connection::open(&path, std::time::Duration::ZERO).unwrap();
        assert_eq!(of_file(&path).unwrap(), Mark::None);
        migrations::migrate(&mut connection).unwrap();
        assert_eq!(of_file(&path).unwrap(), Mark::None, "the migrations are in the log");
        let (first, second) = (Identity([1; 16]), Identity([2; 16]));
        write(&connection, first).unwrap();
        assert_eq!(of_file(&path).unwrap(), Mark::Of(first));
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM organizations").unwrap();
        write(&connection, second).unwrap();
        assert_eq!(of_file(&path).unwrap(), Mark::Of(first), "the reader holds up the checkpoint");
        assert_eq!(read(&connection).unwrap(), Some(second));
        write(&connection, Identity::COPY).unwrap();
        reader.execute_batch("COMMIT").unwrap();
        write(&connection, Identity::COPY).unwrap();
        assert_eq!(of_file(&path).unwrap(), Mark::Copy);
    }
}
