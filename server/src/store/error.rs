//! Errors of the store.

use rusqlite::ErrorCode;

use super::Fault;
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
    /// Another server uses the database.
    #[error("another server (process {process}) uses the database; stop it, or set --database to another path")]
    InUse {
        /// The id of its process.
        process: String,
    },
    /// The path leads to another file than the one that the running server has open.
    #[error(
        "the running server (process {process}) has another file open, which was moved, removed or replaced; move it back, or \
         stop the server"
    )]
    OtherFile {
        /// The id of its process.
        process: u32,
    },
    /// The write-ahead log is of another database file.
    #[error(
        "{log} is the write-ahead log of another database file, for example of the one before a restore; move it and the -shm \
         file to another directory. If the log does belong to this file, remove {lock} instead"
    )]
    ForeignLog {
        /// The path of the log.
        log: String,
        /// The path of the lock file.
        lock: String,
    },
    /// The database file is a backup, but the write-ahead log next to it is not of it.
    #[error(
        "{log} is not the write-ahead log of this backup, but of the database before the restore; move it and the -shm file to \
         another directory"
    )]
    LogOfAnotherCopy {
        /// The path of the log.
        log: String,
    },
    /// There is a write-ahead log without a database.
    #[error(
        "{log} is a write-ahead log, but the database file is missing or empty; move the file back, or move the log and the -shm \
         file to another directory"
    )]
    LogWithoutDatabase {
        /// The path of the log.
        log: String,
    },
    /// A running restore replaces the database.
    #[error("process {process} restores a backup in place of the database; wait for its end")]
    RestoreRuns {
        /// The id of the process.
        process: u32,
    },
    /// A restore has begun to replace the database.
    #[error(
        "a restore of the database runs or was interrupted ({record}); run `aether-server restore BACKUP` again: it puts back the old \
         database, which is in {kept}, and begins anew"
    )]
    RestoreUnfinished {
        /// The path of the record of the restore.
        record: String,
        /// The directory of the old database.
        kept: String,
    },
    /// The file is damaged.
    #[error("the database is damaged ({0}); restore a backup (server/docs/operations.md describes it)")]
    Damaged(String),
    /// The files of the database cannot be opened.
    #[error(
        "the database or its -wal and -shm files cannot be opened; the program has to read and write the database and its directory"
    )]
    CannotOpen,
    /// A write that was not tried, because it would be lost or cannot succeed.
    #[error("the database cannot be written: {0}")]
    Unwritable(Fault),
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

impl StoreError {
    /// The fault of the disk or the files that this error reports.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Unwritable(fault) => Some(*fault),
            Self::Foreign | Self::Damaged(_) => Some(Fault::Malformed),
            Self::CannotOpen => Some(Fault::CannotOpen),
            Self::Database(error) => Fault::of(error),
            _ => None,
        }
    }

    /// Whether a retry of the same request can succeed.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy) || self.fault().is_some_and(Fault::can_pass)
    }

    /// The error as one of the opening, when its reason is in the file or its directory.
    pub(super) fn at_start(self) -> Self {
        match self {
            Self::Database(error) if Fault::of(&error) == Some(Fault::Malformed) => Self::Damaged(error.to_string()),
            Self::Database(error) if Fault::of(&error) == Some(Fault::CannotOpen) => Self::CannotOpen,
            other => other,
        }
    }
}

/// An error that can be one of the store.
pub(super) trait AsStoreError {
    /// The error of the store.
    fn as_store_error(&self) -> Option<&StoreError>;
}

impl AsStoreError for StoreError {
    fn as_store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl AsStoreError for ChangeError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Denied(_) => None,
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
