//! The store: organizations, tokens, audit events and idempotency records, in one SQLite file.
//!
//! Every change is one transaction of the same form ([`change`]): it reads a [`read_set`], a pure function of [`verbs`] decides on
//! a [`unit_of_work`], and [`sqlite`] makes the writes and commits. SQL is in `sqlite` and nowhere else. Every query of a request
//! is bound to an organization, except for the lookup by hash.
//!
//! One connection writes and a few read, each on its own thread, so no asynchronous task waits for the disk. The look-up of a token by
//! its hash alone runs on the thread of its task, because it takes microseconds. What is kept in memory is used only while the database
//! has not changed, so a revocation holds for the next request. A change is acknowledged after its commit, and a commit is synced
//! (`synchronous=FULL`): it is durable against a crash and a power failure.

mod audit;
mod change;
mod error;
mod fault;
mod files;
mod health;
mod idempotency;
mod identity;
mod last_used;
mod lock_file;
mod maintenance;
mod opening;
mod organizations;
mod page;
mod read_set;
mod recent_pass;
mod refusals;
mod reserve;
mod restore;
mod sqlite;
mod stage;
mod staging;
mod state;
mod tokens;
mod unit_of_work;
mod verbs;
mod walk;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rusqlite::{Connection, Transaction};

pub use audit::{ChainStatus, Verification};
pub use error::{ChangeError, StoreError};
pub use fault::Fault;
pub use maintenance::{Task, record_finished_at};
pub use opening::locate;
pub use organizations::Organization;
pub use page::Page;
pub use restore::{Lost, Restore, RestoreError};
pub use sqlite::backup;
pub use stage::Stage;
pub use state::State;
pub use tokens::Filter;
pub use unit_of_work::{ChangeContext, IdempotencyRecord, Replay};
pub use verbs::{Idempotency, Issued, Retention, Rotation, Seal};

use crate::clock::Clock;
use crate::timestamp::Timestamp;
use error::AsStoreError;
use opening::Role;
use sqlite::{Lane, Turn};
use unit_of_work::Ids;

/// The longest busy timeout. Longer ones are as good as none, and exceed the numbers of SQLite and of clocks.
const MAX_BUSY_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings of a server's store.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// The maximum time of the check after an unclean stop.
    pub check_timeout: Duration,
    /// The memory for verified tokens, in bytes.
    pub token_cache: usize,
}

/// The database. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Arc<sqlite::Writer>,
    readers: Arc<sqlite::Readers>,
    health: Arc<health::Health>,
    busy_timeout: Duration,
    ids: Ids,
    clock: Clock,
    uses: Arc<last_used::PendingUses>,
    refusals: Arc<refusals::Refusals>,
}

impl Store {
    /// Opens the database at `path` for a command, or creates it, and migrates it to this version. A server may be using it.
    ///
    /// `busy_timeout` is the time that a call waits for its turn and for a write of another program, before it fails with
    /// [`StoreError::Busy`].
    ///
    /// # Errors
    /// Fails if the file is not an Aether database, is of a later version, or cannot be opened, and if the write-ahead log next to it is
    /// of another file.
    pub async fn open(path: &Path, busy_timeout: Duration) -> Result<Self, StoreError> {
        Self::open_as(path, busy_timeout, Role::Command { creates: true }).await
    }

    /// As [`open`](Self::open), for a database that exists.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if there is no file.
    pub async fn open_existing(path: &Path, busy_timeout: Duration) -> Result<Self, StoreError> {
        Self::open_as(path, busy_timeout, Role::Command { creates: false }).await
    }

    /// As [`open`](Self::open), for a server: it locks out other servers until it is closed. After an unclean stop, it checks the
    /// database for at most the check timeout; zero switches the check off. The check and the migrations end if the future is dropped.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if another server uses the database, or it is damaged.
    pub async fn open_for_server(
        path: &Path,
        busy_timeout: Duration,
        settings: ServerSettings,
    ) -> Result<Self, StoreError> {
        Self::open_as(path, busy_timeout, Role::Server(settings)).await
    }

    async fn open_as(path: &Path, busy_timeout: Duration, role: Role) -> Result<Self, StoreError> {
        let busy_timeout = busy_timeout.min(MAX_BUSY_TIMEOUT);
        let path = path.to_owned();
        let cancelled = CancelOnDrop::default();
        let flag = Arc::clone(&cancelled.0);
        let opened = tokio::task::spawn_blocking(move || opening::open(&path, busy_timeout, role, &flag));
        let (writer, readers, health) = opened.await.map_err(|_| StoreError::Stopped)??;
        let (writer, readers) = (Arc::new(writer), Arc::new(readers));
        tokio::spawn(release_snapshots(Arc::downgrade(&readers)));
        let (ids, clock, uses, refusals) = (Ids::default(), Clock::System, Arc::default(), Arc::default());
        Ok(Self { writer, readers, health, busy_timeout, ids, clock, uses, refusals })
    }

    /// Finishes the accepted work, the recorded uses and refusals included, and closes every connection.
    pub async fn close(&self) {
        self.keep_log_of_replaced_file().await;
        self.flush_refusals(Timestamp::now(), true);
        self.readers.snapshots.close();
        self.readers.pool.stop().await;
        self.writer.stop().await;
        self.health.unlock();
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = self.readers.pool.call(query).await;
        self.health.observe(&result);
        result
    }

    /// Runs a job of the server itself on the connection that writes. It waits in the lane of the server and the operator.
    async fn write<T: Send + 'static, E: From<StoreError> + AsStoreError + Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let health = Arc::clone(&self.health);
        let job = move |connection: &mut Connection, turn: &Turn| {
            health.write(connection, |connection| turn.run(connection, write))
        };
        self.writer.call(Lane::Own, job).await
    }

    /// Runs `work` in a transaction of its own, and commits if it succeeds.
    async fn transact<T: Send + 'static, E: From<StoreError> + AsStoreError + Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let health = Arc::clone(&self.health);
        let job = move |connection: &mut Connection, turn: &Turn| {
            health.write(connection, |connection| turn.transact(connection, work))
        };
        self.writer.call(Lane::Own, job).await
    }
}

/// Gives up the kept snapshots each second, until the store is dropped. Otherwise a thread without requests would keep other programs from
/// shrinking the write-ahead log.
async fn release_snapshots(readers: Weak<sqlite::Readers>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        let Some(readers) = readers.upgrade() else { return };
        readers.snapshots.release();
    }
}

/// A flag that is set when this is dropped.
#[derive(Debug, Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
