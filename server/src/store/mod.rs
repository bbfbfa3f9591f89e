//! The store: organizations, tokens, audit events and idempotency records, in one SQLite file.
//!
//! Every change is one transaction of the same form ([`change`]): it reads a [`read_set`], a pure function of [`verbs`] decides on
//! a [`unit_of_work`], and [`sqlite`] makes the writes and commits. SQL is in `sqlite` and nowhere else. Every query of a request
//! is bound to an organization, except for the lookup by hash.
//!
//! One connection writes and a few read, each on its own thread, so no asynchronous task waits for the disk. Nothing is cached, so
//! a revocation holds for the next request. A change is acknowledged after its commit, and a commit is synced
//! (`synchronous=FULL`): it is durable against a crash and a power failure.

mod audit;
mod change;
mod error;
mod idempotency;
mod last_used;
mod organizations;
mod page;
mod read_set;
mod refusals;
mod sqlite;
mod tokens;
mod unit_of_work;
mod verbs;
mod walk;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Transaction};

pub use audit::ChainStatus;
pub use error::{ChangeError, StoreError};
pub use organizations::Organization;
pub use page::Page;
pub use sqlite::backup;
pub use tokens::Filter;
pub use unit_of_work::{ChangeContext, IdempotencyRecord, Replay};
pub use verbs::{Idempotency, Issued, Retention, Rotation, Seal};

use crate::clock::Clock;
use crate::timestamp::Timestamp;
use sqlite::Lane;
use unit_of_work::Ids;

/// The database. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Arc<sqlite::Writer>,
    readers: Arc<sqlite::Pool>,
    ids: Ids,
    clock: Clock,
    uses: Arc<last_used::PendingUses>,
    refusals: Arc<refusals::Refusals>,
}

impl Store {
    /// Opens the database at `path`, or creates it, and migrates it to this version.
    ///
    /// `busy_timeout` is the time that a call waits for its turn and for a write of another program, before it fails with
    /// [`StoreError::Busy`].
    ///
    /// # Errors
    /// Fails if the file is not an Aether database, is of a later version, or cannot be opened.
    pub async fn open(path: &Path, busy_timeout: Duration) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || sqlite::open(&path, busy_timeout));
        let (writer, readers) = opened.await.map_err(|_| StoreError::Stopped)??;
        let (writer, readers) = (Arc::new(writer), Arc::new(readers));
        Ok(Self {
            writer,
            readers,
            ids: Ids::default(),
            clock: Clock::System,
            uses: Arc::default(),
            refusals: Arc::default(),
        })
    }

    /// Checks that the database can be read.
    ///
    /// # Errors
    /// Fails if it cannot.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(sqlite::ping).await
    }

    /// Finishes the accepted work, the recorded uses and refusals included, and closes every connection.
    pub async fn close(&self) {
        self.flush_refusals(Timestamp::now(), true);
        self.readers.stop().await;
        self.writer.stop().await;
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.call(query).await
    }

    /// Runs a job of the server itself on the connection that writes. It waits in the lane of the server and the operator.
    #[cfg_attr(not(test), allow(dead_code, reason = "tests use it"))]
    async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.writer.call(Lane::Own, |connection, turn| turn.run(connection, write)).await
    }

    /// Runs `work` in a transaction that can write, and commits if it succeeds.
    async fn transact<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.writer.call(lane, |connection, turn| turn.transact(connection, work)).await
    }

    /// Queues a transaction that records an observation, and whose end is not waited for. `done` receives the result. Returns whether
    /// the queue had room.
    fn transact_in_background(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static,
        done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> bool {
        self.writer.submit(|connection| sqlite::transact_at_once(connection, work), done)
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
