//! Errors of the commands. Their messages are for the person at the command line.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::bootstrap::BootstrapError;
use crate::log::LogError;
use crate::server::StartError;
use crate::store::StoreError;

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An error of the database.
    #[error("{path}: {source}", path = .path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// The error.
        source: StoreError,
    },
    /// The organization could not be created.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// The server could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The log could not be configured.
    #[error(transparent)]
    Log(#[from] LogError),
    /// No organization has the token.
    #[error("token {0} does not exist")]
    NoSuchToken(Uuid),
    /// The organization does not exist.
    #[error("organization {0} does not exist")]
    NoSuchOrganization(Uuid),
    /// The backup failed.
    #[error("backup failed: {0}")]
    Backup(StoreError),
    /// A chain of audit events is not intact.
    #[error("the audit log was altered; the output lists the problems")]
    AuditBroken,
    /// The random number generator failed.
    #[error("the random number generator of the operating system failed: {0}")]
    Random(rand::rngs::SysError),
    /// The output could not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Error {
    /// An error of the database at `path`.
    pub(super) fn database(path: &Path, source: StoreError) -> Self {
        Self::Database { path: path.to_owned(), source }
    }
}
