//! Queries of the audit log. Events are inserted in the transaction of the change that they describe.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::audit::{ChainHead, Event, Hash};
use crate::store::StoreError;
use crate::timestamp::Timestamp;

const COLUMNS: &str = "id, org_id, sequence, occurred_at, action, token_id, actor_id, successor_id, changed, reason, \
                       count, address, user_agent, request_id, hash";

/// The events after the event `after`, up to one more than `limit`. An unknown `after` gives no events.
pub(in crate::store) fn list(
    connection: &Connection,
    organization_id: Uuid,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_events WHERE org_id = ?1 AND sequence > CASE WHEN ?2 IS NULL THEN 0 \
         ELSE (SELECT sequence FROM audit_events WHERE org_id = ?1 AND id = ?2) END ORDER BY sequence LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![organization_id, after, i64::from(limit) + 1], event)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The events from the sequence `after` on, up to the first one that is not older than `before` or to `limit`.
pub(in crate::store) fn list_older(
    connection: &Connection,
    organization_id: Uuid,
    after: i64,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE org_id = ? AND sequence > ? ORDER BY sequence LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut older = Vec::new();
    for event in statement.query_map(params![organization_id, after, limit], event)? {
        let event = event?;
        if event.occurred_at >= before {
            break;
        }
        older.push(event);
    }
    Ok(older)
}

/// The newest event before the first one that is not older than `before`, or the start of the chain.
pub(in crate::store) fn newest_older(
    connection: &Connection,
    organization_id: Uuid,
    before: Timestamp,
) -> Result<ChainHead, StoreError> {
    let sql = "SELECT sequence, hash FROM audit_events WHERE org_id = ?1 AND sequence < coalesce((SELECT min(sequence) \
               FROM audit_events WHERE org_id = ?1 AND occurred_at >= ?2), 9223372036854775807) \
               ORDER BY sequence DESC LIMIT 1";
    let head = |row: &Row<'_>| Ok(ChainHead { sequence: row.get(0)?, hash: Hash(row.get(1)?) });
    let found = connection.query_row(sql, params![organization_id, before.as_millis()], head).optional()?;
    Ok(found.unwrap_or_default())
}

/// The hash of the event with a sequence.
pub(in crate::store) fn hash_at(
    connection: &Connection,
    organization_id: Uuid,
    sequence: i64,
) -> Result<Option<Hash>, StoreError> {
    let sql = "SELECT hash FROM audit_events WHERE org_id = ? AND sequence = ?";
    Ok(connection.query_row(sql, params![organization_id, sequence], |row| row.get(0).map(Hash)).optional()?)
}

/// The time of the first event, and whether it is a creation by the operator, as that of an owner token is.
pub(in crate::store) fn first_event(
    connection: &Connection,
    organization_id: Uuid,
) -> Result<Option<(Timestamp, bool)>, StoreError> {
    let sql = "SELECT occurred_at, sequence = 1 AND action = 'api_token.created' AND actor_id IS NULL FROM audit_events \
               WHERE org_id = ? ORDER BY sequence LIMIT 1";
    let first = |row: &Row<'_>| Ok((Timestamp::from_millis(row.get(0)?), row.get(1)?));
    Ok(connection.query_row(sql, [organization_id], first).optional()?)
}

/// The organizations without a row whose rows are in other tables.
pub(in crate::store) fn orphans(connection: &Connection) -> Result<Vec<(Uuid, &'static str)>, StoreError> {
    let mut orphans = Vec::new();
    for table in ["api_tokens", "audit_events", "kept_answers"] {
        let sql = format!("SELECT DISTINCT org_id FROM {table} WHERE org_id NOT IN (SELECT id FROM organizations)");
        let mut statement = connection.prepare(&sql)?;
        for id in statement.query_map([], |row| row.get(0))? {
            orphans.push((id?, table));
        }
    }
    Ok(orphans)
}

/// Calls `visit` with each event of an organization in the order of the chain, until it returns `false`, and returns the stored head.
/// An event that cannot be an event is `None`.
pub(in crate::store) fn visit_chain(
    connection: &Connection,
    organization_id: Uuid,
    mut visit: impl FnMut(Option<Event>) -> bool,
) -> Result<ChainHead, StoreError> {
    let expected = head(connection, organization_id)?.unwrap_or_default();
    let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE org_id = ? ORDER BY sequence");
    let mut statement = connection.prepare(&sql)?;
    for event in statement.query_map([organization_id], event)? {
        let event = match event {
            Ok(event) => Some(event),
            // The file cannot be read, which says nothing about the event.
            Err(error) if error.sqlite_error().is_some() => return Err(error.into()),
            Err(_) => None,
        };
        if !visit(event) {
            break;
        }
    }
    Ok(expected)
}

/// The head of an organization's chain, or `None` if the organization does not exist.
pub(in crate::store) fn head(connection: &Connection, organization_id: Uuid) -> Result<Option<ChainHead>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT audit_sequence, audit_hash FROM organizations WHERE id = ?")?;
    let head = |row: &Row<'_>| Ok(ChainHead { sequence: row.get(0)?, hash: Hash(row.get(1)?) });
    Ok(statement.query_row([organization_id], head).optional()?)
}

pub(super) fn set_head(connection: &Connection, organization_id: Uuid, head: ChainHead) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE organizations SET audit_sequence = ?, audit_hash = ? WHERE id = ?")?
        .execute(params![head.sequence, head.hash.0, organization_id])?;
    Ok(())
}

pub(super) fn insert(connection: &Connection, event: &Event) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit_events (id, org_id, sequence, occurred_at, action, token_id, actor_id, successor_id, \
             changed, reason, count, address, user_agent, request_id, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            event.id,
            event.organization_id,
            event.sequence,
            event.occurred_at.as_millis(),
            event.action,
            event.token_id,
            event.actor_id,
            event.successor_id,
            event.changed.join(" "),
            event.reason,
            event.count,
            event.address,
            event.user_agent,
            event.request_id,
            event.hash.0,
        ])?;
    Ok(())
}

/// A row of [`COLUMNS`].
fn event(row: &Row<'_>) -> Result<Event, rusqlite::Error> {
    let changed: String = row.get("changed")?;
    let hash: Vec<u8> = row.get("hash")?;
    let hash = hash.try_into().map_err(|_| rusqlite::Error::InvalidColumnType(0, "hash".into(), Type::Blob))?;
    Ok(Event {
        id: row.get("id")?,
        organization_id: row.get("org_id")?,
        sequence: row.get("sequence")?,
        occurred_at: Timestamp::from_millis(row.get("occurred_at")?),
        action: row.get("action")?,
        token_id: row.get("token_id")?,
        actor_id: row.get("actor_id")?,
        successor_id: row.get("successor_id")?,
        changed: changed.split(' ').filter(|field| !field.is_empty()).map(str::to_owned).collect(),
        reason: row.get("reason")?,
        count: row.get("count")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
        request_id: row.get("request_id")?,
        hash: Hash(hash),
    })
}
