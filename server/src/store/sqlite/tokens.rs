//! Queries of tokens.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::store::read_set::Purgeable;
use crate::store::{Filter, StoreError};
use crate::timestamp::Timestamp;
use crate::tokens::{HashedToken, Scopes, State, TokenRecord};

const COLUMNS: &str = "id, org_id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at, \
                       expired_seen_at, created_by, rotated_to";

/// The conditions of active tokens, with the time as the second argument. Each is a range of the index `api_tokens_unrevoked`.
const NEVER_EXPIRES: &str = "revoked_at IS NULL AND expires_at IS NULL AND expired_seen_at IS NULL";
const EXPIRES_LATER: &str = "revoked_at IS NULL AND expires_at > ?2 AND expired_seen_at IS NULL";

pub(in crate::store) fn find_by_hash(
    connection: &Connection,
    hash: HashedToken,
) -> Result<Option<TokenRecord>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_tokens WHERE hash = ?"))?;
    statement.query_row([hash.as_bytes()], |row| Ok(record(row))).optional()?.transpose()
}

/// The tokens after the id `after`, up to one more than `limit`.
pub(in crate::store) fn list(
    connection: &Connection,
    organization_id: Uuid,
    filter: &Filter,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<TokenRecord>, StoreError> {
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
        "SELECT {COLUMNS} FROM api_tokens WHERE org_id = ?1 AND id > ?3 AND {state} \
         AND (?4 IS NULL OR substr(name, 1, length(?4)) = ?4) ORDER BY id LIMIT ?5"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let after = after.unwrap_or(Uuid::nil());
    let arguments = params![organization_id, now, after, filter.name_prefix, i64::from(limit) + 1];
    let rows = statement.query_map(arguments, |row| Ok(record(row)))?;
    rows.map(|row| row?).collect()
}

pub(in crate::store) fn find(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Option<TokenRecord>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_tokens WHERE org_id = ? AND id = ?"))?;
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
    let mut statement = connection.prepare_cached(&count_of_limit())?;
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

/// A token and its descendants, without revoked ones. `UNION` ends the recursion at ids that were visited.
pub(super) fn with_descendants(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Vec<TokenRecord>, StoreError> {
    let sql = format!(
        "WITH RECURSIVE visited (id) AS ( \
             SELECT ?2 UNION SELECT created.id FROM visited CROSS JOIN api_tokens AS created \
             ON created.created_by = visited.id AND created.org_id = ?1 \
         ) \
         SELECT {COLUMNS} FROM visited CROSS JOIN api_tokens USING (id) WHERE org_id = ?1 AND revoked_at IS NULL"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([organization_id, id], |row| Ok(record(row)))?;
    rows.map(|row| row?).collect()
}

/// Tokens that a purge may remove: inactive for long enough, and not the creator of another token.
pub(super) fn purgeable(
    connection: &Connection,
    organization_id: Uuid,
    purgeable: Purgeable,
) -> Result<Vec<Uuid>, StoreError> {
    let sql = "
        SELECT id FROM (
            SELECT id FROM api_tokens WHERE org_id = ?1 AND revoked_at IS NOT NULL AND revoked_at < ?2
            UNION ALL
            SELECT id FROM api_tokens WHERE org_id = ?1 AND revoked_at IS NULL AND expires_at < ?2
        ) AS inactive
        WHERE NOT EXISTS (
            SELECT 1 FROM api_tokens AS created WHERE created.org_id = ?1 AND created.created_by = inactive.id
        )
        LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let arguments = params![organization_id, purgeable.before.as_millis(), purgeable.limit];
    Ok(statement.query_map(arguments, |row| row.get(0))?.collect::<Result<_, _>>()?)
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
             rotated_to = ? WHERE org_id = ? AND id = ?",
        )?
        .execute(params![
            record.name,
            record.scopes.to_string(),
            record.expires_at.map(Timestamp::as_millis),
            record.revoked_at.map(Timestamp::as_millis),
            record.expired_seen_at.map(Timestamp::as_millis),
            record.rotated_to,
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

/// Records a use of a token. `max` keeps the time from going back when the clock does.
pub(in crate::store) fn record_use(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE api_tokens SET last_used_at = max(coalesce(last_used_at, ?1), ?1) WHERE org_id = ?2 AND id = ?3";
    connection.prepare_cached(sql)?.execute(params![now.as_millis(), organization_id, id])?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, organization_id: Uuid, id: Uuid) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM api_tokens WHERE org_id = ? AND id = ?")?.execute([organization_id, id])?;
    Ok(())
}

/// A row of [`COLUMNS`].
fn record(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis));
    Ok(TokenRecord {
        id: row.get("id")?,
        organization_id: row.get("org_id")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        scopes: Scopes::parse(row.get_ref("scopes")?.as_str().map_err(|_| StoreError::Corrupt("scopes"))?)
            .ok_or(StoreError::Corrupt("scopes"))?,
        created_at: Timestamp::from_millis(row.get("created_at")?),
        expires_at: time("expires_at")?,
        revoked_at: time("revoked_at")?,
        last_used_at: time("last_used_at")?,
        expired_seen_at: time("expired_seen_at")?,
        created_by: row.get("created_by")?,
        rotated_to: row.get("rotated_to")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::migrations;

    /// Without a suitable index, the planner reads every token of the organization.
    #[test]
    fn queries_of_the_limit_read_no_other_tokens() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations::migrate(&mut connection).unwrap();
        for sql in [active_count(), count_of_limit(), record_of_predecessor()] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan =
                statement.raw_query().mapped(|row| row.get::<_, String>("detail")).collect::<Result<Vec<_>, _>>();
            let plan = plan.unwrap();
            let uses: Vec<_> =
                plan.iter().filter(|step| step.contains("INDEX") || step.contains("PRIMARY KEY")).collect();
            assert!(!uses.is_empty(), "{plan:?}");
            for step in &plan {
                let reads_all = step.starts_with("SCAN api_tokens") || step.contains("PRIMARY KEY (org_id=?)");
                assert!(!reads_all, "{sql}: {plan:?}");
            }
        }
    }
}
