//! The tables, version by version. A migration that was released is never changed; a new one is added.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Marks a file as a database of Aether: "AETH".
const APPLICATION_ID: i64 = 0x4145_5448;

/// Each brings a database from the version of its index to the next.
const MIGRATIONS: &[&str] = &["
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
"];

/// Brings the database to this program's version, all of it or nothing.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let new = application == 0 && found == 0 && tables == 0;
    if !new && application != APPLICATION_ID {
        return Err(StoreError::Foreign);
    }
    if found > known {
        return Err(StoreError::Future { found, known });
    }
    for migration in &MIGRATIONS[usize::try_from(found).map_err(|_| StoreError::Foreign)?..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}
