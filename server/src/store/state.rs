//! The state of the store that operators watch.

use prometheus::core::Collector;

use super::{Store, StoreError, sqlite};
use crate::timestamp::Timestamp;

/// The state of a store.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// The writes that wait for their turn.
    pub waiting_writes: usize,
    /// The size of the database file; none if it cannot be read.
    pub database_bytes: Option<u64>,
    /// The size of the write-ahead log; none if it cannot be read.
    pub log_bytes: Option<u64>,
    /// The uses of tokens that were not recorded since the start.
    pub unrecorded_uses: u64,
    /// The refusals that were not counted since the start.
    pub unrecorded_refusals: u64,
}

impl Store {
    /// The present state.
    #[must_use]
    pub fn state(&self) -> State {
        let paths = self.health.paths();
        State {
            waiting_writes: self.writer.waiting(),
            database_bytes: paths.database_size().ok(),
            log_bytes: paths.log_size().ok(),
            unrecorded_uses: self.uses.lost(),
            unrecorded_refusals: self.refusals.lost(),
        }
    }

    /// The metrics of writes.
    pub(crate) fn collectors(&self) -> [Box<dyn Collector>; 3] {
        self.writer.metrics().collectors()
    }

    /// The number of active tokens of all organizations. It takes about a second for ten million tokens.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn active_tokens(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut active = 0;
        // A read for each organization keeps the write-ahead log from growing during the whole count.
        for organization in self.organization_ids().await? {
            let count =
                self.read(move |connection| sqlite::tokens::count_active(connection, organization, now)).await?;
            active += u64::from(count);
        }
        Ok(active)
    }
}
