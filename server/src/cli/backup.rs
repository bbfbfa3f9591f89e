//! The copy of the database.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Error;
use super::database::BUSY_TIMEOUT;
use super::interrupt::Interrupt;
use super::output::{print, require_new_file, warn};
use super::progress;
use crate::config::Backup;
use crate::store::{self, Task};
use crate::timestamp::Timestamp;

pub(super) async fn backup(command: Backup) -> Result<(), Error> {
    let Backup { path, database } = command;
    let (from, to) = (database.database, path.clone());
    require_new_file(&path)?;
    let mut interrupt = Interrupt::install()?;
    let taken_at = interrupt.run_blocking(move |cancelled| {
        let show = progress::stages(|pages| progress::bar("copying", "pages", pages));
        let taken_at = store::backup(&from, &to, BUSY_TIMEOUT, cancelled, show);
        let taken_at = taken_at.map_err(|source| Error::Backup(source).with_remedy(&from))?;
        if let Err(error) = store::record_finished_at(&from, BUSY_TIMEOUT, Task::Backup, Timestamp::now()) {
            warn(&format!("the time of the backup was not recorded in the database: {error}"));
        }
        Ok(taken_at)
    });
    let taken_at: DateTime<Utc> = taken_at.await?.into();
    let bytes = std::fs::metadata(&path)?.len();
    Ok(print(&json!({"backup": path.to_string_lossy(), "bytes": bytes, "taken_at": taken_at}))?)
}
