//! The probe of readiness: a read of the upper pages of each table from the disk, and a commit as large as that of a revocation.

use rusqlite::Connection;

use super::identity;
use crate::store::identity::Identity;
use crate::store::{Fault, StoreError};

/// The size of the row that a probe writes, in pages. A revocation changes a page or a few in each index and table of tokens and events,
/// and in that of organizations: fewer than this, unless it removes many idempotency records.
const PAGES: i64 = 32;

/// The tables that every request needs.
const TABLES: [&str; 4] = ["organizations", "api_tokens", "audit_events", "kept_answers"];

/// Reads from the file, not from the cache of the connection: the file may have been damaged or overwritten.
pub(in crate::store) fn read(connection: &Connection, expected: Option<Identity>) -> Result<(), StoreError> {
    connection.pragma(None, "shrink_memory", "", |_| Ok(())).or_else(no_rows)?;
    for table in TABLES {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table} NOT INDEXED LIMIT 1)");
        connection.query_row(&sql, [], |_| Ok(()))?;
    }
    if expected.is_some() && identity::read(connection)? != expected {
        return Err(StoreError::Unwritable(Fault::FileReplaced));
    }
    Ok(())
}

/// Commits a change of [`PAGES`] pages.
///
/// The contents are random, because SQLite does not write a page whose new contents are the old ones. The row keeps its size, so its
/// pages are reused and the database does not grow.
pub(in crate::store) fn write(connection: &Connection) -> Result<(), StoreError> {
    let sql = "INSERT INTO readiness_probe (id, content) VALUES (1, randomblob(?1)) \
               ON CONFLICT (id) DO UPDATE SET content = excluded.content";
    let page_size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    connection.prepare_cached(sql)?.execute([PAGES * page_size])?;
    Ok(())
}

fn no_rows(error: rusqlite::Error) -> Result<(), rusqlite::Error> {
    if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
}
