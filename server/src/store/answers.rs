//! Answers that are kept, so that a request can be repeated.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Store, StoreError};
use crate::idempotency::{Fingerprint, KEPT_FOR, KeyHash, Sealed};
use crate::tokens::{Timestamp, TokenRecord};

/// An answer that was given before.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The request that it answers.
    pub request: Fingerprint,
    pub sealed: Sealed,
}

/// Seals the answer that tells of a new token.
pub type Sealer = Box<dyn FnOnce(&TokenRecord) -> std::io::Result<Sealed> + Send>;

/// How an answer is to be kept.
pub struct Keep {
    pub key: KeyHash,
    pub request: Fingerprint,
    pub seal: Sealer,
}

impl std::fmt::Debug for Keep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keep").field("key", &self.key).field("request", &self.request).finish_non_exhaustive()
    }
}

impl Store {
    /// The answer that the caller was given under this key, within the last day.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn kept_answer(
        &self,
        organization_id: Uuid,
        caller: Uuid,
        key: KeyHash,
        now: Timestamp,
    ) -> Result<Option<Kept>, StoreError> {
        self.read(move |connection| find(connection, (organization_id, caller), key, now)).await
    }
}

pub(super) fn find(
    connection: &Connection,
    (organization_id, caller): (Uuid, Uuid),
    key: KeyHash,
    now: Timestamp,
) -> Result<Option<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT request, salt, ciphertext FROM kept_answers \
         WHERE org_id = ? AND caller_id = ? AND key_hash = ? AND created_at > ?",
    )?;
    let arguments = params![organization_id, caller, key.as_bytes(), now.as_millis() - KEPT_FOR];
    let kept = statement.query_row(arguments, |row| {
        Ok(Kept {
            request: Fingerprint::from_bytes(row.get(0)?),
            sealed: Sealed { salt: row.get(1)?, ciphertext: row.get(2)? },
        })
    });
    Ok(kept.optional()?)
}

/// Keeps an answer, in the place of an old one that is over.
pub(super) fn insert(
    connection: &Connection,
    (organization_id, caller): (Uuid, Uuid),
    keep: Keep,
    record: &TokenRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sealed = (keep.seal)(record).map_err(StoreError::Prepare)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO kept_answers (org_id, caller_id, key_hash, request, salt, ciphertext, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            organization_id,
            caller,
            keep.key.as_bytes(),
            keep.request.as_bytes(),
            sealed.salt,
            sealed.ciphertext,
            now.as_millis(),
        ])?;
    Ok(())
}

/// Forgets every answer that a caller was given.
pub(super) fn forget(connection: &Connection, organization_id: Uuid, caller: Uuid) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM kept_answers WHERE org_id = ? AND caller_id = ?")?
        .execute([organization_id, caller])?;
    Ok(())
}

/// Forgets at most `limit` answers that are over.
pub(super) fn forget_old(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
    limit: u32,
) -> Result<usize, StoreError> {
    let sql = "DELETE FROM kept_answers WHERE org_id = ?1 AND (caller_id, key_hash) IN \
               (SELECT caller_id, key_hash FROM kept_answers WHERE org_id = ?1 AND created_at <= ?2 LIMIT ?3)";
    let arguments = params![organization_id, now.as_millis() - KEPT_FOR, limit];
    Ok(connection.prepare_cached(sql)?.execute(arguments)?)
}
