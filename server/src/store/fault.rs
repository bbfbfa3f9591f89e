//! The faults of the disk and of the database's files.

use rusqlite::ErrorCode;

/// The reason why the database cannot be written. The messages have no paths, so a response can contain them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No space is left.
    #[error("the disk is full")]
    DiskFull,
    /// A read, a write or a sync failed.
    #[error("the disk failed")]
    Disk,
    /// The file system or the file does not allow writes.
    #[error("the file system is read-only")]
    ReadOnly,
    /// A file of the database cannot be opened or created.
    #[error("a file of the database cannot be opened")]
    CannotOpen,
    /// The contents of the file are not those of a database.
    #[error("the database is malformed")]
    Malformed,
    /// The path of the database leads to no file, or to another one than the opened one.
    #[error("the database file was moved, removed or replaced")]
    FileReplaced,
    /// The path of the write-ahead log or of its index leads to no file, or to another one than the opened one.
    #[error("the write-ahead log was removed or replaced")]
    LogReplaced,
    /// The path of the lock file leads to no file, or to another one than the locked one.
    #[error("the lock file was removed or replaced")]
    LockLost,
    /// Another program was writing, or other changes were waiting, for longer than the busy timeout.
    #[error("the database is busy")]
    Busy,
    /// The thread that writes does not respond.
    #[error("the writer is stuck")]
    Stuck,
    /// The store was closed, or the database has unexpected contents.
    #[error("the database failed")]
    Other,
}

impl Fault {
    /// The fault that an error of SQLite reports, if it is one of the disk or the files.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        match error.sqlite_error_code()? {
            ErrorCode::DiskFull => Some(Self::DiskFull),
            ErrorCode::SystemIoFailure => Some(Self::Disk),
            ErrorCode::ReadOnly => Some(Self::ReadOnly),
            ErrorCode::CannotOpen => Some(Self::CannotOpen),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Malformed),
            _ => None,
        }
    }

    /// Whether it can end without a repair of the database, so that a retry of the same request can succeed.
    #[must_use]
    pub fn can_pass(self) -> bool {
        !matches!(self, Self::Malformed | Self::Other)
    }
}
