//! Queries of the audit log. Events are inserted in the transaction of the change that they describe.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::audit::{ChainHead, Event, Hash};
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

const COLUMNS: &str = "id, org_id, sequence, occurred_at, action, token_id, actor_id, successor_id, changed, reason, \
                       count, address, user_agent, request_id, hash";

/// A page of events, oldest first.
#[derive(Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Whether more follow.
    pub more: bool,
}

/// The result of the verification of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainStatus {
    /// Every event is unaltered, up to the head.
    Intact {
        /// The head.
        head: ChainHead,
    },
    /// The event with this sequence was altered, removed or inserted.
    Broken {
        /// The sequence.
        sequence: i64,
    },
    /// The newest events were removed.
    Truncated {
        /// The newest event that is left.
        head: ChainHead,
        /// The newest event that was written.
        expected: ChainHead,
    },
}

impl Store {
    /// At most `limit` events of an organization, oldest first, after the event `after`. An unknown `after` gives no events.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
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

    /// The number of events that an organization has to have.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn event_count(&self, organization_id: Uuid) -> Result<u64, StoreError> {
        let head = self.read(move |connection| head(connection, organization_id)).await?;
        Ok(head.and_then(|head| u64::try_from(head.sequence).ok()).unwrap_or_default())
    }

    /// Verifies an organization's chain from its first event to its last. `seen` is called for each event.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn verify_events(
        &self,
        organization_id: Uuid,
        seen: impl Fn() + Send + 'static,
    ) -> Result<ChainStatus, StoreError> {
        self.read(move |connection| {
            // One transaction, so that the events and the head are from the same time.
            let transaction = connection.transaction()?;
            let expected = head(&transaction, organization_id)?.unwrap_or(ChainHead::START);
            let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE org_id = ? ORDER BY sequence");
            let mut statement = transaction.prepare(&sql)?;
            let mut found = ChainHead::START;
            for event in statement.query_map([organization_id], event)? {
                match event.ok().and_then(|event| found.follow(&event)) {
                    Some(next) => found = next,
                    None => return Ok(ChainStatus::Broken { sequence: found.sequence + 1 }),
                }
                seen();
            }
            Ok(if found == expected {
                ChainStatus::Intact { head: found }
            } else if found.sequence < expected.sequence {
                ChainStatus::Truncated { head: found, expected }
            } else {
                ChainStatus::Broken { sequence: expected.sequence }
            })
        })
        .await
    }
}

/// The head of an organization's chain, or `None` if the organization does not exist.
pub(super) fn head(connection: &Connection, organization_id: Uuid) -> Result<Option<ChainHead>, StoreError> {
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
