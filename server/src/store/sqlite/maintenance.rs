//! Queries of the tasks of maintenance.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{connection, keep_log_on_close};
use crate::store::StoreError;
use crate::store::files::DatabaseFiles;
use crate::store::maintenance::Task;
use crate::store::opening::{require_no_restore, verify_for_command};
use crate::timestamp::Timestamp;

const TABLE: &str = "finished_tasks";

pub(in crate::store) fn record(connection: &Connection, task: Task, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO finished_tasks (task, finished_at) VALUES (?, ?) \
               ON CONFLICT (task) DO UPDATE SET finished_at = excluded.finished_at";
    connection.prepare_cached(sql)?.execute(params![task.as_str(), now.as_millis()])?;
    Ok(())
}

/// As [`record`], in a database that need not have the table.
pub(super) fn record_if_known(connection: &Connection, task: Task, now: Timestamp) -> Result<(), StoreError> {
    if connection::has_table(connection, TABLE)? { record(connection, task, now) } else { Ok(()) }
}

pub(in crate::store) fn record_in_file(
    files: &DatabaseFiles,
    busy_timeout: Duration,
    task: Task,
    now: Timestamp,
) -> Result<(), StoreError> {
    verify_for_command(files)?;
    let connection = connection::open(&files.database, busy_timeout)?;
    if let Err(error) = require_no_restore(files) {
        keep_log_on_close(&connection)?;
        return Err(error);
    }
    record_if_known(&connection, task, now)
}

pub(in crate::store) fn last(connection: &Connection, task: Task) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT finished_at FROM finished_tasks WHERE task = ?";
    let time = connection.prepare_cached(sql)?.query_row([task.as_str()], |row| row.get(0)).optional()?;
    Ok(time.map(Timestamp::from_millis))
}
