//! Tokens.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use uuid::Uuid;

use super::{Store, StoreError, next_id};
use crate::tokens::{HashedToken, NewToken, Scopes, State, Timestamp, TokenRecord};

/// Some of an organization's tokens, oldest first.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<TokenRecord>,
    /// Whether there are more after these.
    pub more: bool,
}

/// What became of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The token is revoked, now or since before.
    Done,
    /// The organization has no such token.
    Absent,
    /// The token is there, and it was decided not to.
    Refused,
}

const COLUMNS: &str = "id, org_id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at, \
                       expired_seen_at, created_by";

const REVOKE: &str = "UPDATE api_tokens SET revoked_at = coalesce(revoked_at, ?1) WHERE org_id = ?2 AND id = ?3";

/// `UNION` ends the walk where it has been already.
const REVOKE_WITH_DESCENDANTS: &str = "
    WITH RECURSIVE doomed (id) AS (
        SELECT ?3 UNION SELECT made.id FROM api_tokens AS made JOIN doomed ON made.created_by = doomed.id
        WHERE made.org_id = ?2
    )
    UPDATE api_tokens SET revoked_at = coalesce(revoked_at, ?1) WHERE org_id = ?2 AND id IN (SELECT id FROM doomed)";

impl Store {
    /// The token with this hash, in whatever state and organization: this is how it is found out who asks.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn find_token(&self, hash: HashedToken) -> Result<Option<TokenRecord>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_tokens WHERE hash = ?"))?;
            statement.query_row([hash.as_bytes()], |row| Ok(record(row))).optional()?.transpose()
        })
        .await
    }

    /// One token of an organization.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn token(&self, organization_id: Uuid, id: Uuid) -> Result<Option<TokenRecord>, StoreError> {
        self.read(move |connection| find(connection, organization_id, id)).await
    }

    /// At most `limit` tokens of an organization, oldest first, beginning after the id `after`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn tokens(&self, organization_id: Uuid, after: Option<Uuid>, limit: u32) -> Result<Page, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?");
            let mut statement = connection.prepare_cached(&sql)?;
            // One more than is asked for tells whether there are more.
            let arguments = params![organization_id, after.unwrap_or(Uuid::nil()), i64::from(limit) + 1];
            let rows = statement.query_map(arguments, |row| Ok(record(row)))?;
            let mut records = rows.map(|row| row?).collect::<Result<Vec<_>, _>>()?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = records.len() > limit;
            records.truncate(limit);
            Ok(Page { records, more })
        })
        .await
    }

    /// Stores a token that another one made, unless its maker has died meanwhile: then nothing, and `None`.
    ///
    /// # Errors
    /// Where the database is busy or cannot be written.
    pub async fn insert_token(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        let ids = self.ids.clone();
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(maker) = new.created_by
                && !is_live(&transaction, new.organization_id, maker, new.created_at)?
            {
                return Ok(None);
            }
            let id = next_id(&ids, new.created_at);
            let record = insert(&transaction, id, new)?;
            transaction.commit()?;
            Ok(Some(record))
        })
        .await
    }

    /// Revokes a token, if `permit` agrees on seeing it, and with `descendants` all that it made, and what those made. A
    /// token that was revoked before keeps its time.
    ///
    /// # Errors
    /// Where the database is busy or cannot be written.
    pub async fn revoke_token(
        &self,
        organization_id: Uuid,
        id: Uuid,
        descendants: bool,
        now: Timestamp,
        permit: impl FnOnce(&TokenRecord) -> bool + Send + 'static,
    ) -> Result<Revocation, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let Some(record) = find(&transaction, organization_id, id)? else { return Ok(Revocation::Absent) };
            if !permit(&record) {
                return Ok(Revocation::Refused);
            }
            let sql = if descendants { REVOKE_WITH_DESCENDANTS } else { REVOKE };
            transaction.prepare_cached(sql)?.execute(params![now.as_millis(), organization_id, id])?;
            transaction.commit()?;
            Ok(Revocation::Done)
        })
        .await
    }

    /// Remembers that a token was seen expired, so that it stays so whatever the clock will say.
    ///
    /// # Errors
    /// Where the database is busy or cannot be written.
    pub async fn mark_expired(&self, organization_id: Uuid, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE api_tokens SET expired_seen_at = coalesce(expired_seen_at, ?) WHERE org_id = ? AND id = ?",
                )?
                .execute(params![now.as_millis(), organization_id, id])?;
            Ok(())
        })
        .await
    }
}

fn find(connection: &Connection, organization_id: Uuid, id: Uuid) -> Result<Option<TokenRecord>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_tokens WHERE org_id = ? AND id = ?"))?;
    statement.query_row([organization_id, id], |row| Ok(record(row))).optional()?.transpose()
}

fn is_live(connection: &Connection, organization_id: Uuid, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(find(connection, organization_id, id)?.is_some_and(|record| record.state(now) == State::Live))
}

pub(super) fn insert(connection: &Connection, id: Uuid, new: NewToken) -> Result<TokenRecord, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at, created_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            new.organization_id,
            id,
            new.name,
            new.prefix,
            new.hash.as_bytes(),
            new.scopes.to_string(),
            new.created_at.as_millis(),
            new.expires_at.map(Timestamp::as_millis),
            new.created_by,
        ])?;
    Ok(new.into_record(id))
}

/// A row of [`COLUMNS`].
fn record(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let moment = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis));
    Ok(TokenRecord {
        id: row.get("id")?,
        organization_id: row.get("org_id")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        scopes: Scopes::parse(row.get_ref("scopes")?.as_str().map_err(|_| StoreError::Corrupt("scopes"))?)
            .ok_or(StoreError::Corrupt("scopes"))?,
        created_at: Timestamp::from_millis(row.get("created_at")?),
        expires_at: moment("expires_at")?,
        revoked_at: moment("revoked_at")?,
        last_used_at: moment("last_used_at")?,
        expired_seen_at: moment("expired_seen_at")?,
        created_by: row.get("created_by")?,
    })
}
