//! Reports of the commits of the connection that writes.
//!
//! SQLite itself reports the changed tokens and the commit, so a change that forgets to report a token cannot exist. The report is made
//! before the commit returns, and so before any response tells of it.

use std::sync::{Arc, Mutex};

use aether_wal_index::Version;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::Wal;
use rusqlite::types::Null;

use super::{Snapshots, lock};
use crate::tokens::HashedToken;

/// The function that is called with the hash of a token that is changed.
const REPORT: &str = "report_changed_token";

/// Triggers of this connection alone. They are not a part of the database.
const TRIGGERS: &str = "
    CREATE TEMP TRIGGER updated_token AFTER UPDATE ON main.api_tokens
        BEGIN SELECT report_changed_token(OLD.hash); END;
    CREATE TEMP TRIGGER deleted_token AFTER DELETE ON main.api_tokens
        BEGIN SELECT report_changed_token(OLD.hash); END;
";

/// The length of the write-ahead log, in pages, from which on it is moved to the database: SQLite's own.
const LOG_PAGES: i32 = 1000;

/// The changes of the transaction in progress.
#[derive(Debug, Default)]
struct Changes {
    tokens: Vec<HashedToken>,
    /// Whether a change could not be told.
    unknown: bool,
    /// The version when the commit began. From then on to the end of the commit, no other program can commit.
    before: Option<Version>,
}

/// Reports the commits of `connection` to the cache of `snapshots`.
pub(super) fn report(connection: &mut Connection, snapshots: &Arc<Snapshots>) -> Result<(), rusqlite::Error> {
    let changes = Arc::new(Mutex::new(Changes::default()));
    connection.create_scalar_function(REPORT, 1, FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS, {
        let changes = Arc::clone(&changes);
        move |arguments| {
            let hash = arguments.get_raw(0).as_blob()?.try_into().map(HashedToken::of_stored);
            let mut changes = lock(&changes);
            match hash {
                Ok(hash) => changes.tokens.push(hash),
                Err(_) => changes.unknown = true,
            }
            Ok(Null)
        }
    })?;
    connection.execute_batch(TRIGGERS)?;
    connection.commit_hook(Some({
        let (changes, snapshots) = (Arc::clone(&changes), Arc::clone(snapshots));
        move || {
            snapshots.cache.begin_commit();
            lock(&changes).before = snapshots.version();
            false
        }
    }))?;
    connection.rollback_hook(Some({
        let (changes, snapshots) = (Arc::clone(&changes), Arc::clone(snapshots));
        move || {
            *lock(&changes) = Changes::default();
            snapshots.cache.abandon_commit();
        }
    }))?;
    let snapshots = Arc::clone(snapshots);
    // It takes the place of SQLite's own hook, which moves a long log to the database in the same way.
    connection.wal_hook(Some(move |log: &mut Wal, pages| {
        let Changes { tokens, unknown, before } = std::mem::take(&mut *lock(&changes));
        let after = snapshots.version();
        // Another program may have committed since the end of the commit.
        let own = before.zip(after).is_some_and(|(before, after)| after.is_next_of(before)) && !unknown;
        snapshots.cache.end_commit(before.filter(|_| own), after, &tokens);
        if pages >= LOG_PAGES {
            // A snapshot that is kept would end the move early, or keep the next write from the beginning of the log.
            snapshots.release();
            // It is made up for by a later commit.
            let _ = log.checkpoint();
            snapshots.release();
        }
        Ok(())
    }))
}
