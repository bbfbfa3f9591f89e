//! Queries of stored responses to idempotent requests.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::idempotency::{Fingerprint, KeyHash, RETENTION, Sealed};
use crate::store::StoreError;
use crate::store::unit_of_work::{IdempotencyRecord, NewIdempotencyRecord};
use crate::timestamp::Timestamp;

pub(in crate::store) fn find(
    connection: &Connection,
    (organization_id, caller): (Uuid, Uuid),
    key: KeyHash,
    now: Timestamp,
) -> Result<Option<IdempotencyRecord>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT request, salt, ciphertext FROM kept_answers \
         WHERE org_id = ? AND caller_id = ? AND key_hash = ? AND created_at > ?",
    )?;
    let arguments = params![organization_id, caller, key.as_bytes(), now.as_millis() - RETENTION];
    let record = statement.query_row(arguments, |row| {
        Ok(IdempotencyRecord {
            request: Fingerprint::from_bytes(row.get(0)?),
            sealed: Sealed { salt: row.get(1)?, ciphertext: row.get(2)? },
        })
    });
    Ok(record.optional()?)
}

/// Stores a response. It replaces an expired one under the same key.
pub(super) fn insert(
    connection: &Connection,
    organization_id: Uuid,
    new: &NewIdempotencyRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let NewIdempotencyRecord { caller, key, record } = new;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO kept_answers (org_id, caller_id, key_hash, request, salt, ciphertext, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            organization_id,
            caller,
            key.as_bytes(),
            record.request.as_bytes(),
            record.sealed.salt,
            record.sealed.ciphertext,
            now.as_millis(),
        ])?;
    Ok(())
}

/// Deletes the responses to a caller.
pub(super) fn delete_all_of(connection: &Connection, organization_id: Uuid, caller: Uuid) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM kept_answers WHERE org_id = ? AND caller_id = ?")?
        .execute([organization_id, caller])?;
    Ok(())
}

/// Deletes one response.
pub(super) fn delete(
    connection: &Connection,
    organization_id: Uuid,
    (caller, key): (Uuid, KeyHash),
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM kept_answers WHERE org_id = ? AND caller_id = ? AND key_hash = ?")?
        .execute(params![organization_id, caller, key.as_bytes()])?;
    Ok(())
}

/// At most `limit` expired responses.
pub(super) fn expired(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Uuid, KeyHash)>, StoreError> {
    let sql = "SELECT caller_id, key_hash FROM kept_answers WHERE org_id = ? AND created_at <= ? LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let arguments = params![organization_id, now.as_millis() - RETENTION, limit];
    let rows = statement.query_map(arguments, |row| Ok((row.get(0)?, KeyHash::from_bytes(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
