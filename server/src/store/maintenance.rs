//! The last successful end of each task of maintenance.

use std::path::Path;
use std::time::Duration;

use super::files::DatabaseFiles;
use super::{Store, StoreError, sqlite};
use crate::timestamp::Timestamp;

/// A task of maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// A backup of the database.
    Backup,
    /// The removal of inactive tokens and old idempotency records.
    Purge,
    /// The verification of every chain of audit events.
    AuditVerify,
}

impl Task {
    /// The name, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Purge => "purge",
            Self::AuditVerify => "audit_verify",
        }
    }
}

impl Store {
    /// Records that a task ended successfully at `now`. The time of a task can go back, as the clock can.
    ///
    /// # Errors
    /// Fails if the database is busy or cannot be written.
    pub async fn record_finished(&self, task: Task, now: Timestamp) -> Result<(), StoreError> {
        self.transact(move |transaction| sqlite::maintenance::record(transaction, task, now)).await
    }

    /// The time of the last successful end of a task; `None` before the first.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn last_finished(&self, task: Task) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| sqlite::maintenance::last(connection, task)).await
    }
}

/// Records that a task ended successfully at `now` in the database at `path`, which is not migrated: one of an earlier version has no such
/// record.
///
/// # Errors
/// Fails if the database is busy or cannot be written, or a restore replaces it.
pub fn record_finished_at(path: &Path, busy_timeout: Duration, task: Task, now: Timestamp) -> Result<(), StoreError> {
    let record = |files: DatabaseFiles| sqlite::maintenance::record_in_file(&files, busy_timeout, task, now);
    DatabaseFiles::resolve(path).and_then(record).map_err(StoreError::at_start)
}
