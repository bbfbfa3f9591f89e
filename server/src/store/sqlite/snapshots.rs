//! Reads on the thread of the caller, from snapshots that are kept while they are current.
//!
//! To hand a look-up to another thread takes longer than the look-up, and so do the locks of a read transaction, which are calls of the
//! operating system. So each thread of the runtime has a connection of its own, and its transaction stays open: before each query, the
//! [version](aether_wal_index) of the database tells whether a commit of any process has made the snapshot outdated. A query then sees
//! every commit that has returned before it.
//!
//! An open transaction keeps the write-ahead log from being started anew, so a snapshot has to be [released](Snapshots::release) now and
//! then, and before the log is moved to the database.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use aether_wal_index::{Version, version};
use rusqlite::Connection;

use super::{TokenCache, lock, tokens};
use crate::store::StoreError;
use crate::tokens::{HashedToken, TokenRecord};

/// The connections that read on the threads of their callers, and the tokens that they read last.
#[derive(Debug)]
pub(in crate::store) struct Snapshots {
    readers: Box<[Mutex<Option<Reader>>]>,
    pub(super) cache: TokenCache,
    /// A connection for [`version`](Self::version), which does nothing else.
    observer: Mutex<Option<Connection>>,
}

#[derive(Debug)]
struct Reader {
    connection: Connection,
    /// The version of the snapshot that is kept.
    kept: Option<Version>,
}

impl Snapshots {
    /// A query fails rather than to wait for another program, because it would stop the other tasks of its thread.
    pub(super) fn of(
        connections: Vec<Connection>,
        observer: Connection,
        cache: TokenCache,
    ) -> Result<Self, StoreError> {
        let reader = |connection: Connection| {
            connection.busy_timeout(Duration::ZERO)?;
            Ok(Mutex::new(Some(Reader { connection, kept: None })))
        };
        let readers = connections.into_iter().map(reader).collect::<Result<_, StoreError>>()?;
        Ok(Self { readers, cache, observer: Mutex::new(Some(observer)) })
    }

    /// The token with this hash.
    pub(in crate::store) fn find_token(&self, hash: HashedToken) -> Result<Option<TokenRecord>, StoreError> {
        let mut reader = self.reader();
        let reader = reader.as_mut().ok_or(StoreError::Stopped)?;
        let present = version(&reader.connection)?;
        if let Some(record) = present.and_then(|present| self.cache.get(hash, present)) {
            return Ok(Some(record));
        }
        let found = reader.read(present, |connection| tokens::find_by_hash(connection, hash))?;
        if let Some((record, version)) = found.as_ref().zip(reader.kept) {
            self.cache.insert(hash, record, version);
        }
        Ok(found)
    }

    /// The present version of the database.
    pub(super) fn version(&self) -> Option<Version> {
        lock(&self.observer).as_ref().and_then(|connection| version(connection).ok()?)
    }

    /// Gives up the snapshots that are kept.
    pub(in crate::store) fn release(&self) {
        for reader in &self.readers {
            if let Some(reader) = lock(reader).as_mut() {
                reader.release();
            }
        }
    }

    /// Closes the connections.
    pub(in crate::store) fn close(&self) {
        self.readers.iter().for_each(|reader| drop(lock(reader).take()));
        lock(&self.observer).take();
    }

    #[cfg(test)]
    pub(in crate::store) fn each_connection(&self, mut observe: impl FnMut(&mut Connection)) {
        for reader in &self.readers {
            observe(&mut lock(reader).as_mut().expect("it is open").connection);
        }
    }

    /// The reader of this thread. Threads that come later share one, and take another one if theirs is in use.
    fn reader(&self) -> MutexGuard<'_, Option<Reader>> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        let first = THREAD.with(|number| number % self.readers.len());
        let (before, after) = self.readers.split_at(first);
        let free = after.iter().chain(before).find_map(|reader| match reader.try_lock() {
            Ok(reader) => Some(reader),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        free.unwrap_or_else(|| lock(&self.readers[first]))
    }
}

impl Reader {
    /// Runs a query on a snapshot of the version `present` or a later one.
    fn read<T>(
        &mut self,
        present: Option<Version>,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if present.is_none() || self.kept != present {
            self.release();
            self.connection.prepare_cached("BEGIN")?.execute([])?;
        }
        let result = query(&self.connection);
        if self.kept.is_none() {
            // The transaction took its snapshot with its first read: that of this version, if there was no other one during the query.
            self.kept = version(&self.connection)?.filter(|after| Some(*after) == present);
        }
        if result.is_err() || self.kept.is_none() {
            self.release();
        }
        result
    }

    fn release(&mut self) {
        if !self.connection.is_autocommit() {
            // A transaction that only reads cannot fail to end.
            let _ = self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        }
        self.kept = None;
    }
}
