//! Errors of the store.

use rusqlite::ErrorCode;

use crate::idempotency::SealError;
use crate::tokens::Denied;

/// The reason why the store did nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program was writing for longer than the busy timeout. A retry can succeed.
    #[error("the database is busy")]
    Busy,
    /// The name of a new organization is in use.
    #[error("an organization named {0:?} already exists")]
    OrganizationExists(String),
    /// The database was written by a later version.
    #[error("the database has version {found}, but this program supports versions up to {known}; use a newer program")]
    Future {
        /// The version of the database.
        found: i64,
        /// The latest supported version.
        known: i64,
    },
    /// The file is another program's, or not a database.
    #[error("the file is not an Aether database")]
    Foreign,
    /// An error of the file system or of a thread.
    #[error(transparent)]
    Io(std::io::Error),
    /// The caller's step before the commit failed, so nothing was changed.
    #[error(transparent)]
    BeforeCommit(std::io::Error),
    /// The response could not be sealed, so nothing was changed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store was closed, or a job panicked.
    #[error("the store is closed")]
    Stopped,
    /// A row that this program did not write.
    #[error("the database contains invalid {0}")]
    Corrupt(&'static str),
    /// An error of SQLite.
    #[error("database error: {0}")]
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Database(error),
        }
    }
}

/// The reason why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A rule denies the change.
    #[error("denied: {0:?}")]
    Denied(Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for ChangeError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
