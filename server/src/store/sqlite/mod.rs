//! SQLite: connections, the reads and writes of changes, and the queries, as functions of a connection. All SQL is in this module.

pub(super) mod audit;
mod backup;
mod connection;
pub(super) mod idempotency;
mod migrations;
pub(super) mod organizations;
mod pool;
pub(super) mod tokens;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;
use super::read_set::ReadSet;
use super::unit_of_work::{ChangeContext, Rows, WriteSet};
use crate::audit::ChainHead;

pub use backup::backup;

pub(super) use pool::Pool;

/// The number of connections that read. A lookup takes microseconds, so a few serve many requests.
pub(super) const READERS: usize = 4;

/// Opens the database at `path`, or creates it, and migrates it to this version. Returns the pools of the writer and the readers.
pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<(Pool, Pool), StoreError> {
    connection::create(path)?;
    let mut writer = connection::open(path, busy_timeout)?;
    migrations::migrate(&mut writer)?;
    let readers =
        (0..READERS).map(|_| connection::open_reader(path, busy_timeout)).collect::<Result<_, StoreError>>()?;
    Ok((Pool::start("store-writer", busy_timeout, vec![writer])?, Pool::start("store-reader", busy_timeout, readers)?))
}

/// Reads from the database.
#[allow(clippy::needless_pass_by_ref_mut, reason = "the signature of a query")]
pub(super) fn ping(connection: &mut Connection) -> Result<(), StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM (SELECT 1 FROM api_tokens LIMIT 1)", [], |_| Ok(()))?)
}

/// Begins a transaction that can write.
pub(super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Reads the rows of a change, or `None` if the organization does not exist.
pub(super) fn read(
    connection: &Connection,
    context: &ChangeContext,
    reads: &ReadSet,
) -> Result<Option<Rows>, StoreError> {
    let ChangeContext { organization_id, now, .. } = *context;
    let Some(chain_head) = audit::head(connection, organization_id)? else { return Ok(None) };
    let mut rows = Rows { chain_head, ..Rows::default() };
    for id in &reads.tokens {
        rows.tokens.extend(tokens::find(connection, organization_id, *id)?);
    }
    if let Some((caller, key)) = reads.idempotency {
        rows.idempotency = idempotency::find(connection, (organization_id, caller), key, now)?;
    }
    if let Some(limit) = reads.counted_up_to {
        rows.counted = tokens::count_toward_limit(connection, organization_id, now, limit)?;
    }
    if let Some(id) = reads.predecessor_of {
        rows.predecessor = tokens::predecessor(connection, organization_id, id)?;
    }
    if let Some(id) = reads.with_descendants {
        rows.with_descendants = tokens::with_descendants(connection, organization_id, id)?;
    }
    if let Some(purgeable) = reads.purgeable {
        rows.purgeable_tokens = tokens::purgeable(connection, organization_id, purgeable)?;
        rows.purgeable_records = idempotency::expired(connection, organization_id, now, purgeable.limit)?;
    }
    Ok(Some(rows))
}

/// Records the observed expiry of the tokens that a change has read, before a response tells of it: a token that was expired once stays
/// so, even if the clock steps back.
pub(super) fn mark_expired(
    connection: &Connection,
    context: &ChangeContext,
    reads: &ReadSet,
) -> Result<(), StoreError> {
    reads.tokens.iter().try_for_each(|id| tokens::mark_expired(connection, context.organization_id, *id, context.now))
}

/// Makes the writes of a change.
pub(super) fn write(connection: &Connection, context: &ChangeContext, writes: &WriteSet) -> Result<(), StoreError> {
    let organization_id = context.organization_id;
    for (record, hash) in &writes.inserted {
        tokens::insert(connection, record, *hash)?;
    }
    writes.updated.values().try_for_each(|record| tokens::update(connection, record))?;
    writes.deleted_records_of.iter().try_for_each(|id| idempotency::delete_all_of(connection, organization_id, *id))?;
    writes.deleted_records.iter().try_for_each(|it| idempotency::delete(connection, organization_id, *it))?;
    writes.deleted.iter().try_for_each(|id| tokens::delete(connection, organization_id, *id))?;
    if let Some(record) = &writes.idempotency {
        idempotency::insert(connection, organization_id, record, context.now)?;
    }
    writes.events.iter().try_for_each(|event| audit::insert(connection, event))?;
    if let Some(newest) = writes.events.last() {
        audit::set_head(connection, organization_id, ChainHead::of(newest))?;
    }
    Ok(())
}
