//! Tokens.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{Store, StoreError};
use crate::tokens::{HashedToken, NewToken, Scopes, State, Timestamp, TokenRecord};

/// Some of an organization's tokens, oldest first.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<TokenRecord>,
    /// Whether there are more after these.
    pub more: bool,
}

/// Which tokens of an organization are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In which state, at which moment.
    pub state: Option<(State, Timestamp)>,
    pub name_prefix: Option<String>,
}

const COLUMNS: &str = "id, org_id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at, \
                       expired_seen_at, created_by, rotated_to";

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
    pub async fn tokens(
        &self,
        organization_id: Uuid,
        filter: Filter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.read(move |connection| {
            let now = filter.state.map(|(_, now)| now.as_millis());
            let state = match filter.state {
                None => "?2 IS NULL",
                Some((State::Live, _)) => {
                    "revoked_at IS NULL AND expired_seen_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)"
                }
                Some((State::Expired, _)) => "revoked_at IS NULL AND (expired_seen_at IS NOT NULL OR expires_at <= ?2)",
                Some((State::Revoked, _)) => "revoked_at IS NOT NULL AND ?2 IS NOT NULL",
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM api_tokens WHERE org_id = ?1 AND id > ?3 AND {state} \
                 AND (?4 IS NULL OR substr(name, 1, length(?4)) = ?4) ORDER BY id LIMIT ?5"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            // One more than is asked for tells whether there are more.
            let after = after.unwrap_or(Uuid::nil());
            let arguments = params![organization_id, now, after, filter.name_prefix, i64::from(limit) + 1];
            let rows = statement.query_map(arguments, |row| Ok(record(row)))?;
            let mut records = rows.map(|row| row?).collect::<Result<Vec<_>, _>>()?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = records.len() > limit;
            records.truncate(limit);
            Ok(Page { records, more })
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

pub(super) fn find(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Option<TokenRecord>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_tokens WHERE org_id = ? AND id = ?"))?;
    statement.query_row([organization_id, id], |row| Ok(record(row))).optional()?.transpose()
}

/// How many live tokens an organization has, counted up to `most`.
pub(super) fn count_live(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
    most: u32,
) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM (
                   SELECT 1 FROM api_tokens WHERE org_id = ?1 AND revoked_at IS NULL AND expires_at IS NULL
                   UNION ALL
                   SELECT 1 FROM api_tokens WHERE org_id = ?1 AND revoked_at IS NULL AND expires_at > ?2
                   LIMIT ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![organization_id, now.as_millis(), most], |row| row.get(0))?)
}

/// Says of a token which one takes its place, and when it stops.
pub(super) fn succeed(
    connection: &Connection,
    predecessor: &TokenRecord,
    successor: Uuid,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE api_tokens SET rotated_to = ?, expires_at = ? WHERE org_id = ? AND id = ?")?
        .execute(params![successor, expires_at.as_millis(), predecessor.organization_id, predecessor.id])?;
    Ok(())
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
        rotated_to: row.get("rotated_to")?,
    })
}
