//! The database of the operator's commands. Each opens it itself; a server may be using it at the same time.

use std::path::Path;
use std::time::Duration;

use super::Error;
use crate::config::Database;
use crate::store::{Store, StoreError};

/// The time that a command waits for a server that is writing.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn open(path: &Path) -> Result<Store, Error> {
    let opened = Store::open(path, BUSY_TIMEOUT).await;
    opened.map_err(|source| Error::database(path, source))
}

/// Opens a database, and does not create one.
pub(super) async fn open_existing(database: &Database) -> Result<Store, Error> {
    let opened = Store::open_existing(&database.database, BUSY_TIMEOUT).await;
    opened.map_err(|source| failed(database, source))
}

pub(super) fn failed(database: &Database, source: StoreError) -> Error {
    Error::database(&database.database, source)
}
