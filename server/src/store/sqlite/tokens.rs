//! Queries of tokens.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::store::read_set::Purgeable;
use crate::store::verbs::Inactive;
use crate::store::walk::Tree;
use crate::store::{Filter, Page, StoreError};
use crate::timestamp::Timestamp;
use crate::tokens::{HashedToken, Scopes, State, TokenRecord};

pub(super) const COLUMNS: &str = "id, org_id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at, \
                       expired_seen_at, created_by, rotated_to, tree_revoked";

/// The maximum number of tokens that a page of a filtered list reads, and that a search for purgeable tokens reads: milliseconds of work.
const WINDOW: u32 = 5_000;

/// The conditions of active tokens, with the time as the second argument. Each is a range of the index `api_tokens_unrevoked`.
const NEVER_EXPIRES: &str = "revoked_at IS NULL AND expires_at IS NULL AND expired_seen_at IS NULL";
const EXPIRES_LATER: &str = "revoked_at IS NULL AND expires_at > ?2 AND expired_seen_at IS NULL";

pub(in crate::store) fn find_by_hash(
    connection: &Connection,
    hash: HashedToken,
) -> Result<Option<TokenRecord>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| format!("SELECT {COLUMNS} FROM api_tokens WHERE hash = ?"));
    let mut statement = connection.prepare_cached(&SQL)?;
    statement.query_row([hash.as_bytes()], |row| Ok(record(row))).optional()?.transpose()
}

/// A page of the tokens after the id `after`. It ends after [`WINDOW`] tokens, even if fewer than `limit` match the filter.
pub(in crate::store) fn list(
    connection: &Connection,
    organization_id: Uuid,
    filter: &Filter,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Page<TokenRecord>, StoreError> {
    let now = filter.state.map(|(_, now)| now.as_millis());
    let state = match filter.state {
        None => "?2 IS NULL",
        Some((State::Active, _)) => {
            "revoked_at IS NULL AND expired_seen_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)"
        }
        Some((State::Expired, _)) => "revoked_at IS NULL AND (expired_seen_at IS NOT NULL OR expires_at <= ?2)",
        Some((State::Revoked, _)) => "revoked_at IS NOT NULL AND ?2 IS NOT NULL",
    };
    let sql = format!(
        "SELECT {COLUMNS}, ({state} AND (?4 IS NULL OR substr(name, 1, length(?4)) = ?4)) IS TRUE AS matches \
         FROM api_tokens WHERE org_id = ?1 AND id > ?3 ORDER BY id LIMIT ?5"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let after = after.unwrap_or(Uuid::nil());
    let mut rows = statement.query(params![organization_id, now, after, filter.name_prefix, WINDOW])?;
    let (mut items, mut read, mut last) = (Vec::new(), 0, None);
    while let Some(row) = rows.next()? {
        read += 1;
        if row.get("matches")? {
            items.push(record(row)?);
        }
        last = Some(row.get("id")?);
        if items.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok(Page::of(items, limit, |record| record.id));
        }
    }
    Ok(Page { items, next: last.filter(|_| read == WINDOW) })
}

pub(in crate::store) fn find(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Option<TokenRecord>, StoreError> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {COLUMNS} FROM api_tokens WHERE org_id = ? AND id = ?"));
    let mut statement = connection.prepare_cached(&SQL)?;
    statement.query_row([organization_id, id], |row| Ok(record(row))).optional()?.transpose()
}

/// The number of active tokens of an organization.
pub(in crate::store) fn count_active(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let mut statement = connection.prepare_cached(&active_count())?;
    Ok(statement.query_row(params![organization_id, now.as_millis()], |row| row.get(0))?)
}

fn active_count() -> String {
    format!(
        "SELECT (SELECT count(*) FROM api_tokens WHERE org_id = ?1 AND {NEVER_EXPIRES}) \
              + (SELECT count(*) FROM api_tokens WHERE org_id = ?1 AND {EXPIRES_LATER})"
    )
}

/// The number of tokens that count toward the limit of an organization, up to `limit`: the active ones, without each predecessor whose
/// successor is active and not rotated itself.
pub(in crate::store) fn count_toward_limit(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
    limit: u32,
) -> Result<u32, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(count_of_limit);
    let mut statement = connection.prepare_cached(&SQL)?;
    Ok(statement.query_row(params![organization_id, now.as_millis(), limit], |row| row.get(0))?)
}

fn count_of_limit() -> String {
    // A rotated token has an expiry, because its grace period ends.
    format!(
        "SELECT count(*) FROM ( \
             SELECT 1 FROM api_tokens WHERE org_id = ?1 AND {NEVER_EXPIRES} \
             UNION ALL \
             SELECT 1 FROM api_tokens AS counted WHERE org_id = ?1 AND {EXPIRES_LATER} AND NOT EXISTS ( \
                 SELECT 1 FROM api_tokens AS successor \
                 WHERE successor.org_id = ?1 AND successor.id = counted.rotated_to AND successor.rotated_to IS NULL \
                 AND successor.revoked_at IS NULL AND successor.expired_seen_at IS NULL \
                 AND (successor.expires_at IS NULL OR successor.expires_at > ?2) \
             ) \
             LIMIT ?3)"
    )
}

/// The newest id of an organization's tokens.
pub(super) fn newest_id(connection: &Connection, organization_id: Uuid) -> Result<Option<Uuid>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT max(id) FROM api_tokens WHERE org_id = ?")?;
    Ok(statement.query_row([organization_id], |row| row.get(0))?)
}

/// The predecessor of a token.
pub(in crate::store) fn predecessor(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Option<TokenRecord>, StoreError> {
    let mut statement = connection.prepare_cached(&record_of_predecessor())?;
    statement.query_row([organization_id, id], |row| Ok(record(row))).optional()?.transpose()
}

fn record_of_predecessor() -> String {
    // The inner query makes the planner use the index of `rotated_to`.
    format!(
        "SELECT {COLUMNS} FROM api_tokens WHERE org_id = ?1 \
         AND id = (SELECT id FROM api_tokens WHERE org_id = ?1 AND rotated_to = ?2)"
    )
}

/// Whether a token created unmarked tokens.
pub(super) fn has_children(connection: &Connection, organization_id: Uuid, id: Uuid) -> Result<bool, StoreError> {
    Ok(next_child(connection, organization_id, id, Uuid::nil())?.is_some())
}

/// The unmarked token with the least id after `after` that a token created.
fn next_child(
    connection: &Connection,
    organization_id: Uuid,
    creator: Uuid,
    after: Uuid,
) -> Result<Option<TokenRecord>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_tokens INDEXED BY api_tokens_created_by \
         WHERE org_id = ?1 AND created_by = ?2 AND tree_revoked = 0 AND id > ?3 ORDER BY id LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([organization_id, creator, after], |row| Ok(record(row))).optional()?.transpose()
}

/// The tokens of an organization, as a walk reads them.
pub(in crate::store) struct Descendants<'c> {
    pub(in crate::store) connection: &'c Connection,
    pub(in crate::store) organization_id: Uuid,
}

impl Tree for Descendants<'_> {
    type Error = StoreError;

    fn find(&self, id: Uuid) -> Result<Option<TokenRecord>, StoreError> {
        find(self.connection, self.organization_id, id)
    }

    fn next_child(&self, creator: Uuid, after: Uuid) -> Result<Option<TokenRecord>, StoreError> {
        next_child(self.connection, self.organization_id, creator, after)
    }
}

/// Ids of tokens that are inactive since `from` on and before `before`, and that created no unmarked token; and the time from which to look
/// for further ones. The search reads [`WINDOW`] tokens, and the further ones that became inactive at the same time as the last.
pub(in crate::store) fn purge_candidates(
    connection: &Connection,
    organization_id: Uuid,
    inactive: Inactive,
    from: Timestamp,
    before: Timestamp,
) -> Result<(Vec<Uuid>, Option<Timestamp>), StoreError> {
    let (time, condition) = match inactive {
        Inactive::Revoked => ("revoked_at", "revoked_at IS NOT NULL"),
        Inactive::Expired => ("expires_at", "revoked_at IS NULL"),
    };
    let sql = format!(
        "SELECT id, {time}, EXISTS ( \
             SELECT 1 FROM api_tokens AS created \
             WHERE created.org_id = ?1 AND created.created_by = inactive.id AND created.tree_revoked = 0 \
         ) FROM api_tokens AS inactive WHERE org_id = ?1 AND {condition} AND {time} >= ?2 AND {time} < ?3 ORDER BY {time}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![organization_id, from.as_millis(), before.as_millis()])?;
    let (mut ids, mut read, mut last) = (Vec::new(), 0, from);
    while let Some(row) = rows.next()? {
        let time = Timestamp::from_millis(row.get(1)?);
        if read >= WINDOW && time > last {
            return Ok((ids, Some(time)));
        }
        (read, last) = (read + 1, time);
        if !row.get::<_, bool>(2)? {
            ids.push(row.get(0)?);
        }
    }
    Ok((ids, None))
}

/// The candidates that a purge may remove: inactive for long enough, and not the creator of an unmarked token.
pub(super) fn purgeable(
    connection: &Connection,
    organization_id: Uuid,
    purgeable: &Purgeable,
) -> Result<Vec<TokenRecord>, StoreError> {
    let mut found = Vec::new();
    for id in &purgeable.candidates {
        let Some(record) = find(connection, organization_id, *id)? else { continue };
        let inactive_since = record.revoked_at.or(record.expires_at);
        let is_old = inactive_since.is_some_and(|time| time < purgeable.before);
        if is_old && !has_children(connection, organization_id, *id)? {
            found.push(record);
        }
    }
    Ok(found)
}

pub(super) fn insert(connection: &Connection, record: &TokenRecord, hash: HashedToken) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at, created_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            record.organization_id,
            record.id,
            record.name,
            record.prefix,
            hash.as_bytes(),
            record.scopes.to_string(),
            record.created_at.as_millis(),
            record.expires_at.map(Timestamp::as_millis),
            record.created_by,
        ])?;
    Ok(())
}

/// Updates the columns that changes can change. Uses are recorded outside of changes.
pub(super) fn update(connection: &Connection, record: &TokenRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE api_tokens SET name = ?, scopes = ?, expires_at = ?, revoked_at = ?, expired_seen_at = ?, \
             rotated_to = ?, tree_revoked = ? WHERE org_id = ? AND id = ?",
        )?
        .execute(params![
            record.name,
            record.scopes.to_string(),
            record.expires_at.map(Timestamp::as_millis),
            record.revoked_at.map(Timestamp::as_millis),
            record.expired_seen_at.map(Timestamp::as_millis),
            record.rotated_to,
            record.tree_revoked,
            record.organization_id,
            record.id,
        ])?;
    Ok(())
}

/// Records that the expiry of a token was observed, if the token has expired.
pub(in crate::store) fn mark_expired(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE api_tokens SET expired_seen_at = ?1 \
               WHERE org_id = ?2 AND id = ?3 AND expires_at <= ?1 AND expired_seen_at IS NULL AND revoked_at IS NULL";
    connection.prepare_cached(sql)?.execute(params![now.as_millis(), organization_id, id])?;
    Ok(())
}

/// Records a use of a token at `used_at`. The time does not go back, except from one that is later than `now`: a wrong clock set it.
pub(in crate::store) fn record_use(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
    used_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE api_tokens SET last_used_at = ?1 WHERE org_id = ?2 AND id = ?3 \
               AND (last_used_at IS NULL OR last_used_at < ?1 OR last_used_at > ?4)";
    let arguments = params![used_at.as_millis(), organization_id, id, now.as_millis()];
    connection.prepare_cached(sql)?.execute(arguments)?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, organization_id: Uuid, id: Uuid) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM api_tokens WHERE org_id = ? AND id = ?")?.execute([organization_id, id])?;
    Ok(())
}

/// The tokens that are not marked as revoked with their descendants, and whose creator is.
pub(in crate::store) fn unmarked_children_of_marked(
    connection: &Connection,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, StoreError> {
    let sql = "SELECT child.id FROM api_tokens child INDEXED BY api_tokens_created_by JOIN api_tokens creator \
               ON creator.org_id = child.org_id AND creator.id = child.created_by AND creator.tree_revoked = 1 \
               WHERE child.org_id = ? AND child.tree_revoked = 0";
    let mut statement = connection.prepare(sql)?;
    Ok(statement.query_map([organization_id], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// A row of [`COLUMNS`]. The columns are read by their positions, because a search by name takes as long as the query.
pub(super) fn record(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis));
    Ok(TokenRecord {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        name: row.get(2)?,
        prefix: row.get(3)?,
        scopes: Scopes::parse(row.get_ref(4)?.as_str().map_err(|_| StoreError::Corrupt("scopes"))?)
            .ok_or(StoreError::Corrupt("scopes"))?,
        created_at: Timestamp::from_millis(row.get(5)?),
        expires_at: time(6)?,
        revoked_at: time(7)?,
        last_used_at: time(8)?,
        expired_seen_at: time(9)?,
        created_by: row.get(10)?,
        rotated_to: row.get(11)?,
        tree_revoked: row.get(12)?,
    })
}
