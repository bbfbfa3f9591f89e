//! What can go wrong with the store. A variant exists because somebody acts on it.

use rusqlite::ErrorCode;

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was writing for longer than the busy timeout. It may be tried again.
    #[error("the database is busy")]
    Busy,
    #[error("an organization named {0:?} exists already")]
    OrganizationExists(String),
    #[error("the database is of version {found}, and this program knows versions up to {known}; use a newer program")]
    Future { found: i64, known: i64 },
    #[error("the file is not a database of Aether")]
    Foreign,
    /// What was to be done first failed, so nothing was done.
    #[error(transparent)]
    Prepare(std::io::Error),
    /// The store was closed, or a verb panicked.
    #[error("the store has stopped")]
    Stopped,
    /// A row that this program did not write.
    #[error("the database holds {0} that cannot be read")]
    Corrupt(&'static str),
    #[error("the database failed: {0}")]
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
