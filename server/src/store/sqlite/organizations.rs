//! Queries of organizations.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use uuid::Uuid;

use super::tokens;
use crate::store::{Organization, StoreError};
use crate::timestamp::Timestamp;

pub(in crate::store) fn list(connection: &Connection, now: Timestamp) -> Result<Vec<Organization>, StoreError> {
    let mut statement = connection.prepare("SELECT id, name, created_at FROM organizations ORDER BY created_at, id")?;
    let rows = statement.query_map([], |row| {
        let created_at = Timestamp::from_millis(row.get(2)?);
        Ok(Organization { id: row.get(0)?, name: row.get(1)?, created_at, active_tokens: 0 })
    })?;
    let count = |organization: Organization| {
        let active_tokens = tokens::count_active(connection, organization.id, now)?;
        Ok(Organization { active_tokens, ..organization })
    };
    rows.map(|row| count(row?)).collect()
}

pub(in crate::store) fn ids(connection: &Connection) -> Result<Vec<Uuid>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM organizations")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(in crate::store) fn created_at(connection: &Connection, id: Uuid) -> Result<Option<Timestamp>, StoreError> {
    let created_at = |row: &Row<'_>| row.get(0).map(Timestamp::from_millis);
    Ok(connection.query_row("SELECT created_at FROM organizations WHERE id = ?", [id], created_at).optional()?)
}

pub(in crate::store) fn of_token(connection: &Connection, token_id: Uuid) -> Result<Option<Uuid>, StoreError> {
    // One lookup for each organization. No index of ids serves the operator alone, because each creation would pay for it.
    let sql = "SELECT organizations.id FROM organizations CROSS JOIN api_tokens \
               ON api_tokens.org_id = organizations.id AND api_tokens.id = ?";
    Ok(connection.query_row(sql, [token_id], |row| row.get(0)).optional()?)
}

pub(in crate::store) fn any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM organizations)", [], |row| row.get(0))?)
}

pub(in crate::store) fn names(connection: &Connection) -> Result<Vec<(Uuid, String)>, StoreError> {
    let mut statement = connection.prepare("SELECT id, name FROM organizations ORDER BY created_at, id")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// Renames an organization. Returns its name until then.
pub(in crate::store) fn rename(connection: &Connection, id: Uuid, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM organizations WHERE id = ?";
    let previous = connection.query_row(sql, [id], |row| row.get(0)).optional()?;
    if previous.is_some() {
        let renamed = connection.execute("UPDATE organizations SET name = ? WHERE id = ?", params![name, id]);
        renamed.map_err(|error| name_error(error, name))?;
    }
    Ok(previous)
}

/// An error of a statement that sets a name.
fn name_error(error: rusqlite::Error, name: &str) -> StoreError {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        return StoreError::OrganizationExists(name.to_owned());
    }
    error.into()
}

pub(in crate::store) fn insert(
    connection: &Connection,
    id: Uuid,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)";
    let inserted = connection.execute(sql, params![id, name, now.as_millis()]);
    inserted.map(drop).map_err(|error| name_error(error, name))
}
