//! The audit log: appended to in the transaction of what it tells, and never changed.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::{Store, StoreError};
use crate::audit::{Event, Hash, Link, NewEvent};
use crate::tokens::Timestamp;

const COLUMNS: &str = "id, org_id, sequence, occurred_at, action, token_id, actor_id, successor_id, changed, reason, \
                       count, address, user_agent, request_id, hash";

/// Some of an organization's events, oldest first.
#[derive(Debug)]
pub struct EventPage {
    pub events: Vec<Event>,
    /// Whether there are more after these.
    pub more: bool,
}

/// What a look at an organization's chain has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Every event is as it was written, up to the last.
    Whole { end: Link },
    /// The event in this place was altered, or is missing, or does not belong there.
    Broken { sequence: i64 },
    /// All there are follow one another, and the last ones are missing.
    CutOff { end: Link, expected: Link },
}

impl Store {
    /// At most `limit` events of an organization, oldest first, beginning after the event `after`. After one that is not
    /// there, there is nothing.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn events(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<EventPage, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM audit_events WHERE org_id = ?1 AND sequence > CASE WHEN ?2 IS NULL THEN 0 \
                 ELSE (SELECT sequence FROM audit_events WHERE org_id = ?1 AND id = ?2) END ORDER BY sequence LIMIT ?3"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![organization_id, after, i64::from(limit) + 1], event)?;
            let mut events = rows.collect::<Result<Vec<_>, _>>()?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = events.len() > limit;
            events.truncate(limit);
            Ok(EventPage { events, more })
        })
        .await
    }

    /// How many events an organization should have.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn event_count(&self, organization_id: Uuid) -> Result<u64, StoreError> {
        self.read(move |connection| Ok(u64::try_from(end(connection, organization_id)?.sequence).unwrap_or_default()))
            .await
    }

    /// Follows an organization's chain from its first event to its last. `seen` is called for each event.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn verify_events(
        &self,
        organization_id: Uuid,
        seen: impl Fn() + Send + 'static,
    ) -> Result<Chain, StoreError> {
        self.read(move |connection| {
            // One transaction, so that the events and the end that the organization names belong together.
            let transaction = connection.transaction()?;
            let expected = end(&transaction, organization_id)?;
            let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE org_id = ? ORDER BY sequence");
            let mut statement = transaction.prepare(&sql)?;
            let mut found = Link::START;
            for event in statement.query_map([organization_id], event)? {
                match event.ok().and_then(|event| found.follow(&event)) {
                    Some(next) => found = next,
                    None => return Ok(Chain::Broken { sequence: found.sequence + 1 }),
                }
                seen();
            }
            Ok(if found == expected {
                Chain::Whole { end: found }
            } else if found.sequence < expected.sequence {
                Chain::CutOff { end: found, expected }
            } else {
                Chain::Broken { sequence: expected.sequence }
            })
        })
        .await
    }
}

/// The end of an organization's chain.
fn end(connection: &Connection, organization_id: Uuid) -> Result<Link, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT audit_sequence, audit_hash FROM organizations WHERE id = ?")?;
    let link =
        statement.query_row([organization_id], |row| Ok(Link { sequence: row.get(0)?, hash: Hash(row.get(1)?) }))?;
    Ok(link)
}

/// Appends an event to its organization's chain.
pub(super) fn append(connection: &Connection, new: NewEvent, id: Uuid) -> Result<(), StoreError> {
    let (event, end) = end(connection, new.organization_id)?.append(new, id);
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
    connection
        .prepare_cached("UPDATE organizations SET audit_sequence = ?, audit_hash = ? WHERE id = ?")?
        .execute(params![end.sequence, end.hash.0, event.organization_id])?;
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
