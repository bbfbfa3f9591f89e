//! SQLite: connections, the reads and writes of changes, and the queries, as functions of a connection. All SQL is in this module.

pub(super) mod audit;
mod backup;
mod batch;
mod check;
mod commits;
mod connection;
mod fair_queue;
pub(super) mod histories;
pub(super) mod idempotency;
pub(super) mod identity;
pub(super) mod lost;
pub(super) mod maintenance;
mod migrations;
mod observations;
pub(super) mod organizations;
mod packed_token;
mod pool;
pub(super) mod probe;
mod snapshots;
mod token_cache;
pub(super) mod tokens;
mod turn;
mod writer;
mod writer_metrics;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Row};
use uuid::Uuid;

use super::StoreError;
use super::files::{DatabaseFiles, FileId, file_id};
use super::health::Health;
use super::read_set::ReadSet;
use super::unit_of_work::{Rows, WriteSet};
use crate::audit::ChainHead;
use crate::timestamp::Timestamp;

pub use backup::backup;

pub(super) use batch::Guard;
pub(super) use check::{check, check_file};
pub(super) use connection::LOG_SIZE;
pub(super) use migrations::migrate;
pub(super) use observations::Backlog;
pub(super) use pool::Pool;
pub(super) use snapshots::Snapshots;
use token_cache::TokenCache;
pub(super) use turn::Turn;
pub(super) use writer::{Lane, Writer};

/// The number of connections that read on threads of their own.
pub(super) const READERS: usize = 4;

/// The connections of a database.
pub(super) struct Connections {
    pub(super) writer: Connection,
    readers: Vec<Connection>,
    snapshots: Vec<Connection>,
    observer: Connection,
}

/// The ways to read.
#[derive(Debug)]
pub(super) struct Readers {
    pub(super) pool: Pool,
    pub(super) snapshots: Arc<Snapshots>,
}

/// Creates the database file if it does not exist. Returns its identity.
pub(super) fn create(files: &DatabaseFiles) -> Result<FileId, StoreError> {
    connection::create(&files.database)?;
    file_id(&files.database).map_err(StoreError::Io)
}

/// Opens the connections, with as many `snapshots` as threads read on their own.
pub(super) fn connect(
    files: &DatabaseFiles,
    busy_timeout: Duration,
    snapshots: usize,
) -> Result<Connections, StoreError> {
    let path = &files.database;
    let writer = connection::open(path, busy_timeout)?;
    let open_readers =
        |count| (0..count).map(|_| connection::open_reader(path, busy_timeout)).collect::<Result<_, _>>();
    Ok(Connections {
        writer,
        readers: open_readers(READERS)?,
        snapshots: open_readers(snapshots)?,
        observer: connection::open_reader(path, busy_timeout)?,
    })
}

impl Connections {
    /// Keeps the write-ahead log when the connections are closed.
    pub(super) fn keep_log_on_close(&self) -> Result<(), StoreError> {
        let readers = self.readers.iter().chain(&self.snapshots).chain([&self.observer]);
        readers.chain([&self.writer]).try_for_each(keep_log_on_close)
    }

    /// Starts the threads of the connections, with `token_cache` bytes for tokens. Returns the writer and the readers.
    pub(super) fn start(
        mut self,
        busy_timeout: Duration,
        token_cache: usize,
        health: Health,
    ) -> Result<(Writer, Readers, Arc<Health>), StoreError> {
        let snapshots = Arc::new(Snapshots::of(self.snapshots, self.observer, TokenCache::new(token_cache))?);
        commits::report(&mut self.writer, &snapshots)?;
        let health = Arc::new(health);
        let writer = Writer::start(busy_timeout, self.writer, Arc::clone(&health) as Arc<dyn Guard>)?;
        let pool = Pool::start("store-reader", busy_timeout, self.readers)?;
        Ok((writer, Readers { pool, snapshots }, health))
    }
}

/// Moves the write-ahead log to the database file, as far as readers allow it. Returns whether all of it was moved: the next write starts
/// at its beginning then.
pub(super) fn checkpoint(connection: &Connection) -> Result<bool, StoreError> {
    let moved = |row: &Row<'_>| Ok(row.get::<_, i64>("log")? == row.get::<_, i64>("checkpointed")?);
    Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], moved)?)
}

/// Moves the write-ahead log of a database that no other program uses to its file, which is complete without a log then.
pub(super) fn leave_log(path: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    connection.close().map_err(|(_, error)| error)?;
    if mode == "delete" { Ok(()) } else { Err(StoreError::Busy) }
}

/// Interrupts the statements of the connection when `cancelled` is set; without it, never.
pub(super) fn interrupt_when(
    connection: &mut Connection,
    cancelled: Option<Arc<AtomicBool>>,
) -> Result<(), StoreError> {
    /// The number of steps of SQLite between two looks.
    const STEPS: i32 = 10_000;
    Ok(connection.progress_handler(STEPS, cancelled.map(|it| move || it.load(Ordering::Relaxed)))?)
}

/// Keeps the write-ahead log when the connection is closed.
pub(super) fn keep_log_on_close(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
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
    if reads.newest_id {
        rows.newest_id = tokens::newest_id(connection, organization_id)?;
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

/// Locks a mutex, also after a thread has panicked with it: the connections roll their transactions back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
