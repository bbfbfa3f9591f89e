//! Errors of the commands. Their messages are for the person at the command line.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::audit::ArchiveError;
use crate::bootstrap::BootstrapError;
use crate::server::StartError;
use crate::store::{RestoreError, StoreError};

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
    /// A database that does not exist.
    #[error("{0}; --database, AETHER_DATABASE or the configuration file (--config) sets the path of the database")]
    NoDatabase(Box<Error>),
    /// A failed creation of an organization.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// A failed start of the server.
    #[error(transparent)]
    Start(#[from] StartError),
    /// An organization of a development server that was not created.
    #[error("the organization cannot be created: {0}")]
    DevOrganization(StoreError),
    /// A file with a token that cannot be read.
    #[error("cannot read the token from {path}: {source}", path = .path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// A text that is not a token, in a file or a variable.
    #[error(
        "the token in {origin} is malformed; a token is `aether_`, 64 hex digits in lower case, and the CRC-32 of all that as 8 hex \
         digits; aether-server dev without a token generates one and prints it"
    )]
    MalformedToken {
        /// The file or the variable.
        origin: String,
    },
    /// A configuration with which a start would fail.
    #[error("the configuration has problems:\n  {}", .0.join("\n  "))]
    Configuration(Vec<String>),
    /// A token that no organization has.
    #[error("token {0} does not exist")]
    NoSuchToken(Uuid),
    /// A prefix that no token has.
    #[error("no token has the prefix {0}")]
    NoSuchPrefix(String),
    /// An id or a name that no organization has.
    #[error("the organization does not exist; `aether-server organization list` prints the ids and the names")]
    NoSelectedOrganization,
    /// An organization that does not exist.
    #[error("organization {0} does not exist")]
    NoSuchOrganization(Uuid),
    /// A failed backup.
    #[error("backup failed: {0}")]
    Backup(StoreError),
    /// A command that a signal ended. It has removed its unfinished files.
    #[error("stopped by a signal")]
    Interrupted,
    /// A failed restore.
    #[error("restore failed: {0}")]
    Restore(#[from] RestoreError),
    /// A backup whose audit log does not agree with itself or its tokens.
    #[error(
        "restore failed: the audit log of the backup was altered; the output lists the problems, and nothing was changed"
    )]
    BackupAltered,
    /// Tokens that ended after the backup, of which the operator has to decide.
    #[error(
        "tokens ended after the backup and would be active again ({0}); the output lists them, and nothing was changed. Restore with \
         --revoke-again to revoke them in the restored database, or with --reactivate to let them be active"
    )]
    RevokedSince(usize),
    /// A restore whose old database does not tell which tokens ended after the backup.
    #[error(
        "the old database cannot be read ({0}), so tokens that were revoked after the backup are not known and would be active again; \
         nothing was changed. Restore with --reactivate all the same, and revoke them with token revoke before the server starts"
    )]
    RevocationsUnknown(StoreError),
    /// A restore that has nothing to compare the backup with.
    #[error(
        "{}: there is no old database that tells which tokens to revoke again; if you moved it away, move it back, or restore without \
         --revoke-again", .0.display()
    )]
    NoOldDatabase(PathBuf),
    /// A chain of audit events that is not intact.
    #[error("the audit log was altered; the output lists the problems")]
    AuditBroken,
    /// A file with kept hashes that cannot be used.
    #[error("{path}: {problem}", path = .path.display())]
    KeptHashes {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// An archive of the audit log that is not intact.
    #[error("{path}: {source}", path = .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The reason.
        source: ArchiveError,
    },
    /// An archive that the log does not continue.
    #[error(
        "the audit log of {organization_id} does not have the event {sequence} with which the archive ends; audit verify tells more"
    )]
    ArchiveOfAnotherLog {
        /// The organization.
        organization_id: Uuid,
        /// The last event of the archive.
        sequence: i64,
    },
    /// An audit log that cannot be exported.
    #[error("event {sequence} of {organization_id} was altered, removed or inserted; audit verify tells more")]
    BrokenChain {
        /// The organization.
        organization_id: Uuid,
        /// The event.
        sequence: i64,
    },
    /// A file that cannot be written.
    #[error("{path}: {source}", path = .path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// A server that a second signal ended before its requests in progress.
    #[error("stopped at once by a second signal")]
    StoppedAtOnce,
    /// Manual pages that cannot be written.
    #[error("cannot write the pages to {directory}: {source}", directory = .directory.display())]
    Manual {
        /// The directory.
        directory: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// An error of the output.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Error {
    /// An error of the database at `path`, or of the command's own step before a commit.
    pub(super) fn database(path: &Path, source: StoreError) -> Self {
        match source {
            StoreError::BeforeCommit(error) => Self::Io(error),
            source => Self::Database { path: path.to_owned(), source }.with_remedy(path),
        }
    }

    /// The error with its remedy, if the reason is that there is no database at `path`.
    pub(super) fn with_remedy(self, path: &Path) -> Self {
        match &self {
            Self::Database { source: StoreError::Io(error), .. } | Self::Backup(StoreError::Io(error))
                if error.kind() == io::ErrorKind::NotFound && !path.exists() =>
            {
                Self::NoDatabase(Box::new(self))
            }
            _ => self,
        }
    }
}
