//! Queries of the tasks of maintenance.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::connection;
use crate::store::StoreError;
use crate::store::maintenance::Task;
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
    path: &Path,
    busy_timeout: Duration,
    task: Task,
    now: Timestamp,
) -> Result<(), StoreError> {
    record_if_known(&connection::open(path, busy_timeout)?, task, now)
}

pub(in crate::store) fn last(connection: &Connection, task: Task) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT finished_at FROM finished_tasks WHERE task = ?";
    let time = connection.prepare_cached(sql)?.query_row([task.as_str()], |row| row.get(0)).optional()?;
    Ok(time.map(Timestamp::from_millis))
}
