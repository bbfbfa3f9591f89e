//! The tables, version by version. A released migration is never changed; a new one is added.
//!
//! Each migration is one transaction. One that has to change many rows, rather than to build an index, would hold the writer for as long as
//! it takes and double the file in the write-ahead log; it has to work in batches and to record its progress.
//!
//! The stated times are for ten million tokens of one organization, in a file of 3 GB. They were measured with one and three million
//! tokens (1.0 and 3.0 s for each index of version 2 and 3, on a local disk, with the file in memory) and extrapolated linearly. A file
//! that has to be read from a slow disk takes longer. While an index is built, the write-ahead log and the directory for temporary
//! files each need up to 500 MB.

use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior};
use tracing::info;

use crate::service_manager;
use crate::store::StoreError;

/// The application id of an Aether database: "AETH".
const APPLICATION_ID: i64 = 0x4145_5448;

/// The latest version.
#[allow(clippy::cast_possible_wrap, reason = "there are only a few")]
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The migration at an index leads from the version of that index to the next.
const MIGRATIONS: &[&str] = &[
    // The first tables: no time.
    "
    CREATE TABLE organizations (
        id          BLOB PRIMARY KEY CHECK (length(id) = 16),
        name        TEXT NOT NULL UNIQUE,
        created_at  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Times are milliseconds since 1970, ids are UUIDs. Of a secret there is its SHA-256 and nothing else.
    CREATE TABLE api_tokens (
        org_id           BLOB NOT NULL REFERENCES organizations (id),
        id               BLOB NOT NULL CHECK (length(id) = 16),
        name             TEXT NOT NULL,
        prefix           TEXT NOT NULL,
        hash             BLOB NOT NULL CHECK (length(hash) = 32),
        scopes           TEXT NOT NULL,
        created_at       INTEGER NOT NULL,
        expires_at       INTEGER,
        revoked_at       INTEGER,
        last_used_at     INTEGER,
        expired_seen_at  INTEGER,
        created_by       BLOB,
        PRIMARY KEY (org_id, id)
    ) STRICT, WITHOUT ROWID;

    CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (hash);
    CREATE INDEX api_tokens_created_by ON api_tokens (org_id, created_by);
",
    // About 10 s for ten million tokens: an index of all tokens and one of the revoked ones.
    "
    ALTER TABLE api_tokens ADD COLUMN rotated_to BLOB;
    -- How many live tokens there are, and which are over for long enough to go.
    CREATE INDEX api_tokens_unrevoked ON api_tokens (org_id, expires_at) WHERE revoked_at IS NULL;
    CREATE INDEX api_tokens_revoked ON api_tokens (org_id, revoked_at) WHERE revoked_at IS NOT NULL;

    -- The end of each organization's chain of audit events.
    ALTER TABLE organizations ADD COLUMN audit_sequence INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE organizations ADD COLUMN audit_hash BLOB NOT NULL
        DEFAULT X'0000000000000000000000000000000000000000000000000000000000000000' CHECK (length(audit_hash) = 32);

    -- Neither a secret nor a token's name is ever in here.
    CREATE TABLE audit_events (
        org_id        BLOB NOT NULL REFERENCES organizations (id),
        sequence      INTEGER NOT NULL CHECK (sequence > 0),
        id            BLOB NOT NULL CHECK (length(id) = 16),
        occurred_at   INTEGER NOT NULL,
        action        TEXT NOT NULL,
        token_id      BLOB NOT NULL,
        actor_id      BLOB,
        successor_id  BLOB,
        changed       TEXT NOT NULL,
        reason        TEXT,
        count         INTEGER,
        address       TEXT,
        user_agent    TEXT,
        request_id    TEXT,
        hash          BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (org_id, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE UNIQUE INDEX audit_events_id ON audit_events (org_id, id);
    CREATE TRIGGER audit_events_are_not_changed BEFORE UPDATE ON audit_events
        BEGIN SELECT RAISE(ABORT, 'audit events are not changed'); END;
    CREATE TRIGGER audit_events_are_not_removed BEFORE DELETE ON audit_events
        BEGIN SELECT RAISE(ABORT, 'audit events are not removed'); END;

    -- Answers that can be given again. The key is hashed, the answer sealed for who asked.
    CREATE TABLE kept_answers (
        org_id      BLOB NOT NULL REFERENCES organizations (id),
        caller_id   BLOB NOT NULL,
        key_hash    BLOB NOT NULL CHECK (length(key_hash) = 32),
        request     BLOB NOT NULL CHECK (length(request) = 32),
        salt        BLOB NOT NULL CHECK (length(salt) = 32),
        ciphertext  BLOB NOT NULL,
        created_at  INTEGER NOT NULL,
        PRIMARY KEY (org_id, caller_id, key_hash)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX kept_answers_created_at ON kept_answers (org_id, created_at);
",
    // About 10 s for ten million tokens: an index of all tokens.
    "
    -- The index alone tells which tokens are active and which of them have a successor. Without all columns of a query,
    -- the planner reads every token of the organization instead.
    DROP INDEX api_tokens_unrevoked;
    CREATE INDEX api_tokens_unrevoked ON api_tokens (org_id, expires_at, expired_seen_at, rotated_to, revoked_at)
        WHERE revoked_at IS NULL;
    -- The predecessor of a token.
    CREATE INDEX api_tokens_rotated_to ON api_tokens (org_id, rotated_to) WHERE rotated_to IS NOT NULL;
",
    // About 15 s for ten million tokens: a check of all tokens, and an index of all.
    "
    -- 1 if the token and all its descendants are known to be revoked. The index of children has no such token, so that a
    -- walk through descendants reads it once.
    ALTER TABLE api_tokens ADD COLUMN tree_revoked INTEGER NOT NULL DEFAULT 0;
    DROP INDEX api_tokens_created_by;
    CREATE INDEX api_tokens_created_by ON api_tokens (org_id, created_by) WHERE tree_revoked = 0;
",
    // Empty tables: no time.
    "
    -- The identity that the last start of a server wrote.
    CREATE TABLE database_identity (
        id        INTEGER PRIMARY KEY CHECK (id = 1),
        identity  BLOB NOT NULL CHECK (length(identity) = 16)
    ) STRICT;

    -- The row that a probe of readiness writes.
    CREATE TABLE readiness_probe (
        id       INTEGER PRIMARY KEY CHECK (id = 1),
        content  BLOB NOT NULL
    ) STRICT;
",
    // An empty table: no time.
    "
    -- The time of the last successful end of each task of maintenance.
    CREATE TABLE finished_tasks (
        task         TEXT PRIMARY KEY,
        finished_at  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
];

/// The version of an Aether database; 0 for an empty file. Reads only.
pub(super) fn identify(connection: &Connection) -> Result<i64, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let new = application == 0 && found == 0 && tables == 0;
    match found {
        _ if !new && application != APPLICATION_ID => Err(StoreError::Foreign),
        found if found > KNOWN => Err(StoreError::Future { found, known: KNOWN }),
        found => Ok(found),
    }
}

/// Migrates the database to the latest version. Each migration is a transaction of its own with its version, so a start that was
/// interrupted is continued by the next one.
pub(in crate::store) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // A current database is not locked, and a new one is not worth a report.
    let first = identify(connection)?;
    while first < KNOWN && step(connection, first > 0)? {}
    Ok(())
}

/// Makes the next migration. Returns whether there was one.
fn step(connection: &mut Connection, report: bool) -> Result<bool, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Identified again in the transaction: another process may have migrated it meanwhile.
    let found = identify(&transaction)?;
    let next = usize::try_from(found).map_err(|_| StoreError::Foreign)?;
    let Some(migration) = MIGRATIONS.get(next) else { return Ok(false) };
    let (version, start) = (found + 1, Instant::now());
    if report {
        info!(version, of = KNOWN, "migrating the database");
        service_manager::status(&format!("migrating the database to version {version} of {KNOWN}"));
    }
    transaction.execute_batch(migration)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()?;
    if report {
        info!(version, of = KNOWN, millis = start.elapsed().as_millis(), "migrated the database");
    }
    Ok(true)
}
