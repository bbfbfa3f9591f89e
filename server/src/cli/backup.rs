//! The copy of the database.

use serde_json::json;

use super::Error;
use super::database::BUSY_TIMEOUT;
use super::output::{print, progress, warn};
use crate::config::Backup;
use crate::store::{self, StoreError, Task};
use crate::timestamp::Timestamp;

pub(super) async fn backup(command: Backup) -> Result<(), Error> {
    let Backup { path, database } = command;
    let (from, to) = (database.database.clone(), path.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let bar = progress("pages", 0);
        let copied = store::backup(&from, &to, BUSY_TIMEOUT, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        copied
    });
    copied.await.unwrap_or(Err(StoreError::Stopped)).map_err(Error::Backup)?;
    let source = database.database;
    let recorded = tokio::task::spawn_blocking(move || {
        store::record_finished_at(&source, BUSY_TIMEOUT, Task::Backup, Timestamp::now())
    });
    if let Err(error) = recorded.await.unwrap_or(Err(StoreError::Stopped)) {
        warn(&format!("the time of the backup was not recorded in the database: {error}"));
    }
    let bytes = std::fs::metadata(&path)?.len();
    Ok(print(&json!({"backup": path, "bytes": bytes}))?)
}
