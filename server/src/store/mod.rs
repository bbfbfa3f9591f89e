//! What the server keeps, in one SQLite file.
//!
//! [`Store`] offers verbs of the domain. Each is one transaction, and SQL is in this module and nowhere else. Every query
//! but the look-up by hash is bound to an organization. Rules are not here: where a verb depends on one, it is handed
//! the decision.
//!
//! One connection writes and a few read, each on a thread of its own ([`worker`]), so that nothing asynchronous ever
//! waits for the disk. Nothing is cached: what was committed is what the next request sees, which is why a revocation
//! holds at once. A write is acknowledged after its commit, and a commit is synced (`synchronous=FULL`), so it
//! survives the loss of the process and of the machine's power.

mod answers;
mod audit;
mod backup;
mod change;
mod connection;
mod error;
mod issue;
mod migrations;
mod organizations;
mod purge;
mod refusals;
mod tokens;
mod update;
mod uses;
mod worker;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use uuid::{ContextV7, Uuid};

pub use answers::{Keep, Kept};
pub use audit::{Chain, EventPage};
pub use backup::backup;
pub use change::{Change, ChangeError};
pub use error::StoreError;
pub use issue::{Issued, Succession};
pub use organizations::Organization;
pub use purge::Retention;
pub use tokens::{Filter, Page};

use crate::tokens::Timestamp;
use worker::Worker;

/// How many connections read. Reading a token takes microseconds, so a few keep many requests moving.
const READERS: usize = 4;

/// The database. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Arc<Worker>,
    readers: Arc<Worker>,
    ids: Arc<Mutex<ContextV7>>,
    uses: Arc<uses::Pending>,
    refusals: Arc<refusals::Refusals>,
}

impl Store {
    /// Opens the database at `path`, or makes one, and brings it to this version.
    ///
    /// `busy_timeout` is how long a verb waits, for its turn and for somebody else's write, before it is
    /// [`StoreError::Busy`].
    ///
    /// # Errors
    /// Where the file is no database of Aether, is of a later version, or cannot be opened.
    pub async fn open(path: &Path, busy_timeout: Duration) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            connection::create(&path)?;
            let mut writer = connection::open(&path, busy_timeout)?;
            migrations::migrate(&mut writer)?;
            let readers = (0..READERS)
                .map(|_| connection::open_reader(&path, busy_timeout))
                .collect::<Result<Vec<_>, StoreError>>()?;
            Ok::<_, StoreError>((
                Worker::start("store-writer", busy_timeout, vec![writer])?,
                Worker::start("store-reader", busy_timeout, readers)?,
            ))
        });
        let (writer, readers) = opened.await.map_err(|_| StoreError::Stopped)??;
        let ids = Arc::new(Mutex::new(ContextV7::new()));
        Ok(Self { writer: writer.into(), readers: readers.into(), ids, uses: Arc::default(), refusals: Arc::default() })
    }

    /// Whether the database can be read.
    ///
    /// # Errors
    /// Where it cannot.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM (SELECT 1 FROM api_tokens LIMIT 1)", [], |_| Ok(()))?)
        })
        .await
    }

    /// Finishes what was begun, the recorded uses and refusals included, and closes every connection.
    pub async fn close(&self) {
        self.flush_refusals(Timestamp::now(), true);
        self.readers.stop().await;
        self.writer.stop().await;
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.call(work).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.call(work).await
    }
}

/// The next id. It is taken within a write, so that the order of the ids is the order of the commits, and ids do not go
/// back when the clock does.
fn next_id(ids: &Mutex<ContextV7>, now: Timestamp) -> Uuid {
    let context = ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let millis = u64::try_from(now.as_millis()).unwrap_or_default();
    let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(&*context, millis / 1000, nanos))
}

#[cfg(test)]
mod tests;
