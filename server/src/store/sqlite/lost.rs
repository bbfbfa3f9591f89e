//! The comparison of a restored database with the one that it replaces.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use uuid::Uuid;

use super::connection;
use super::identity::immutable;
use crate::store::files::DatabaseFiles;
use crate::store::{Lost, StoreError};
use crate::timestamp::Timestamp;
use crate::tokens::Scopes;

/// The condition of an active token, with the time as the first argument.
const ACTIVE: &str = "revoked_at IS NULL AND expired_seen_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)";

/// A token in the database before the restore.
struct Old {
    is_active: bool,
    scopes: String,
    expires_at: Option<i64>,
    rotated_to: Option<Uuid>,
}

/// The changes in the database `old` that the database `restored` does not have. Neither has to be of this version.
pub(in crate::store) fn compare(
    old: &DatabaseFiles,
    restored: &Path,
    busy_timeout: Duration,
    now: Timestamp,
) -> Result<Lost, StoreError> {
    let path = &old.database;
    // Without a log, the file is read without side files, which would be left.
    let old = if old.log_size().map_err(StoreError::Io)? > 0 { path.into() } else { PathBuf::from(immutable(path)) };
    let (old, restored) = (open(&old, busy_timeout)?, open(&PathBuf::from(immutable(restored)), busy_timeout)?);
    let mut lost = Lost::default();
    let sql =
        format!("SELECT org_id, id, scopes, expires_at, rotated_to FROM api_tokens WHERE {ACTIVE} ORDER BY org_id, id");
    let mut tokens = restored.prepare(&sql)?;
    let mut rows = tokens.query([now.as_millis()])?;
    while let Some(row) = rows.next()? {
        let token = (row.get(0)?, row.get(1)?);
        match find(&old, token, now)? {
            Some(found) if found.is_active && is_rotated(&found, row)? => lost.rotated.push(token),
            Some(found) if found.is_active && is_narrower(&found, row)? => lost.narrowed.push(token),
            Some(found) if found.is_active => {}
            // A purge removed it, after its end.
            Some(_) | None => lost.revoked.push(token),
        }
    }
    let sql = format!("SELECT org_id, id FROM api_tokens WHERE {ACTIVE}");
    let mut tokens = old.prepare(&sql)?;
    let mut rows = tokens.query([now.as_millis()])?;
    while let Some(row) = rows.next()? {
        lost.created += u64::from(find(&restored, (row.get(0)?, row.get(1)?), now)?.is_none());
    }
    Ok(lost)
}

/// Opens a database without changing it, except for the index of its log.
fn open(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy_timeout)?;
    super::migrations::identify(&connection)?;
    if !connection::has_table(&connection, "api_tokens")? {
        return Err(StoreError::Foreign);
    }
    Ok(connection)
}

fn find(connection: &Connection, token: (Uuid, Uuid), now: Timestamp) -> Result<Option<Old>, StoreError> {
    let sql = format!("SELECT {ACTIVE}, scopes, expires_at, rotated_to FROM api_tokens WHERE org_id = ?2 AND id = ?3");
    let old = |row: &Row<'_>| {
        Ok(Old { is_active: row.get(0)?, scopes: row.get(1)?, expires_at: row.get(2)?, rotated_to: row.get(3)? })
    };
    Ok(connection.prepare_cached(&sql)?.query_row(params![now.as_millis(), token.0, token.1], old).optional()?)
}

/// Whether the old token had a successor that the restored one does not have.
fn is_rotated(old: &Old, restored: &Row<'_>) -> Result<bool, StoreError> {
    Ok(old.rotated_to.is_some() && restored.get::<_, Option<Uuid>>(4)?.is_none())
}

/// Whether the old token had fewer scopes or an earlier expiry than the restored one.
fn is_narrower(old: &Old, restored: &Row<'_>) -> Result<bool, StoreError> {
    let (scopes, expires_at): (String, Option<i64>) = (restored.get(2)?, restored.get(3)?);
    let is_earlier = old.expires_at.is_some_and(|old| expires_at.is_none_or(|restored| old < restored));
    Ok(is_earlier || (old.scopes != scopes && Scopes::parse(&old.scopes).is_some()))
}
