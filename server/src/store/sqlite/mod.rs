//! SQLite: connections, the reads and writes of changes, and the queries, as functions of a connection. All SQL is in this module.

pub(super) mod audit;
mod backup;
mod connection;
mod fair_queue;
pub(super) mod idempotency;
mod migrations;
pub(super) mod organizations;
mod pool;
pub(super) mod tokens;
mod writer;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use uuid::Uuid;

use super::StoreError;
use super::read_set::ReadSet;
use super::unit_of_work::{Rows, WriteSet};
use crate::audit::ChainHead;
use crate::timestamp::Timestamp;

pub use backup::backup;

pub(super) use pool::Pool;
pub(super) use writer::{Lane, Writer, transact_at_once};

/// The number of connections that read. A lookup takes microseconds, so a few serve many requests.
pub(super) const READERS: usize = 4;

/// Opens the database at `path`, or creates it, and migrates it to this version. Returns the writer and the readers.
pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<(Writer, Pool), StoreError> {
    connection::create(path)?;
    let mut writer = connection::open(path, busy_timeout)?;
    migrations::migrate(&mut writer)?;
    let readers =
        (0..READERS).map(|_| connection::open_reader(path, busy_timeout)).collect::<Result<_, StoreError>>()?;
    Ok((Writer::start(busy_timeout, writer)?, Pool::start("store-reader", busy_timeout, readers)?))
}

/// Reads from the database.
#[allow(clippy::needless_pass_by_ref_mut, reason = "the signature of a query")]
pub(super) fn ping(connection: &mut Connection) -> Result<(), StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM (SELECT 1 FROM api_tokens LIMIT 1)", [], |_| Ok(()))?)
}

/// Reads the rows of a change, or `None` if the organization does not exist.
pub(super) fn read(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
    reads: &ReadSet,
) -> Result<Option<Rows>, StoreError> {
    let Some(chain_head) = audit::head(connection, organization_id)? else { return Ok(None) };
    let mut rows = Rows { chain_head, ..Rows::default() };
    for id in &reads.tokens {
        rows.tokens.extend(tokens::find(connection, organization_id, *id)?);
    }
    if let Some((caller, key)) = reads.idempotency {
        rows.idempotency = idempotency::find(connection, (organization_id, caller), key)?;
    }
    if let Some(limit) = reads.counted_up_to {
        rows.counted = tokens::count_toward_limit(connection, organization_id, now, limit)?;
    }
    if let Some(id) = reads.predecessor_of {
        rows.predecessor = tokens::predecessor(connection, organization_id, id)?;
    }
    if let Some(id) = reads.children_of {
        rows.has_children = tokens::has_children(connection, organization_id, id)?;
    }
    if let Some(walk) = reads.walk {
        rows.walk = walk.steps(&tokens::Descendants { connection, organization_id })?;
    }
    if let Some(purgeable) = &reads.purgeable {
        rows.purgeable = tokens::purgeable(connection, organization_id, purgeable)?;
    }
    if let Some(outdated) = reads.outdated {
        rows.outdated = idempotency::outdated(connection, organization_id, outdated)?;
    }
    Ok(Some(rows))
}

/// Records the observed expiry of the tokens that a change has read, before a response tells of it: a token that was expired once stays
/// so, even if the clock steps back.
pub(super) fn mark_expired(
    connection: &Connection,
    organization_id: Uuid,
    reads: &ReadSet,
    now: Timestamp,
) -> Result<(), StoreError> {
    reads.tokens.iter().try_for_each(|id| tokens::mark_expired(connection, organization_id, *id, now))
}

/// Makes the writes of a change.
pub(super) fn write(
    connection: &Connection,
    organization_id: Uuid,
    now: Timestamp,
    writes: &WriteSet,
) -> Result<(), StoreError> {
    for (record, hash) in &writes.inserted {
        tokens::insert(connection, record, *hash)?;
    }
    writes.updated.values().try_for_each(|record| tokens::update(connection, record))?;
    writes.deleted_records_of.iter().try_for_each(|id| idempotency::delete_all_of(connection, organization_id, *id))?;
    writes.deleted_records.iter().try_for_each(|it| idempotency::delete(connection, organization_id, *it))?;
    writes.deleted.iter().try_for_each(|id| tokens::delete(connection, organization_id, *id))?;
    if let Some(record) = &writes.idempotency {
        idempotency::insert(connection, organization_id, record, now)?;
    }
    writes.events.iter().try_for_each(|event| audit::insert(connection, event))?;
    if let Some(newest) = writes.events.last() {
        audit::set_head(connection, organization_id, ChainHead::of(newest))?;
    }
    Ok(())
}
