//! Queries of stored responses to idempotent requests.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::idempotency::{Fingerprint, KeyHash, Sealed};
use crate::store::StoreError;
use crate::store::read_set::Outdated;
use crate::store::unit_of_work::{IdempotencyRecord, NewIdempotencyRecord};
use crate::timestamp::Timestamp;

pub(in crate::store) fn find(
    connection: &Connection,
    (organization_id, caller): (Uuid, Uuid),
    key: KeyHash,
) -> Result<Option<IdempotencyRecord>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT request, salt, ciphertext FROM kept_answers \
         WHERE org_id = ? AND caller_id = ? AND key_hash = ?",
    )?;
    let arguments = params![organization_id, caller, key.as_bytes()];
    let record = statement.query_row(arguments, |row| {
        Ok(IdempotencyRecord {
            request: Fingerprint::from_bytes(row.get(0)?),
            sealed: Sealed { salt: row.get(1)?, ciphertext: row.get(2)? },
        })
    });
    Ok(record.optional()?)
}

/// Stores a response. There is none under the same key: the change has looked for it.
pub(super) fn insert(
    connection: &Connection,
    organization_id: Uuid,
    new: &NewIdempotencyRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let NewIdempotencyRecord { caller, key, record } = new;
    connection
        .prepare_cached(
            "INSERT INTO kept_answers (org_id, caller_id, key_hash, request, salt, ciphertext, created_at) \
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

/// Outdated responses, oldest first.
pub(in crate::store) fn outdated(
    connection: &Connection,
    organization_id: Uuid,
    outdated: Outdated,
) -> Result<Vec<(Uuid, KeyHash)>, StoreError> {
    let sql = "SELECT caller_id, key_hash FROM kept_answers WHERE org_id = ? AND created_at <= ? \
               ORDER BY created_at LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(outdated.limit).unwrap_or(i64::MAX);
    let arguments = params![organization_id, outdated.stored_until.as_millis(), limit];
    let rows = statement.query_map(arguments, |row| Ok((row.get(0)?, KeyHash::from_bytes(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
