//! Commits with the writes of creations.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, TransactionBehavior, params};
use tempfile::TempDir;
use uuid::Uuid;

use super::{configure, repeat};
use crate::Result;
use crate::measure::{Sample, Subject};
use crate::programs::aether::DATABASE;
use crate::seed::Seed;

/// Commits of one thread, with the writes of a number of creations each: token, event, chain head, idempotency record.
#[derive(Debug)]
pub struct Commits {
    connection: Connection,
    batch: u32,
    organization: Uuid,
    sequence: i64,
    random: StdRng,
    /// It is removed at the end.
    _directory: TempDir,
}

impl Commits {
    /// Opens a copy of a seed in a directory, with the settings of the server.
    ///
    /// # Errors
    /// Fails if there is no room.
    pub fn open(seed: &Seed, batch: u32, directory: TempDir) -> Result<Self> {
        seed.copy_to(directory.path())?;
        let connection = Connection::open(directory.path().join(DATABASE))?;
        configure(&connection)?;
        let organization = seed.organization().id;
        let sql = "SELECT audit_sequence FROM organizations WHERE id = ?";
        let sequence = connection.query_row(sql, [organization], |row| row.get(0))?;
        let random = StdRng::seed_from_u64(u64::from(batch));
        Ok(Self { connection, batch, organization, sequence, random, _directory: directory })
    }

    fn commit(&mut self) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for _ in 0..self.batch {
            self.sequence += 1;
            write(&transaction, self.organization, self.sequence, &mut self.random)?;
        }
        Ok(transaction.commit()?)
    }
}

/// The writes of one creation, with values of the usual lengths.
fn write(connection: &Connection, organization: Uuid, sequence: i64, random: &mut StdRng) -> rusqlite::Result<()> {
    let (id, event) = (Uuid::now_v7(), Uuid::now_v7());
    let (mut hash, mut salt, mut sealed) = ([0; 32], [0; 32], [0; 420]);
    random.fill_bytes(&mut hash);
    random.fill_bytes(&mut salt);
    random.fill_bytes(&mut sealed);
    let (now, nothing) = (1_767_225_600_000_i64 + sequence, None::<i64>);
    connection
        .prepare_cached(
            "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, created_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            organization,
            id,
            "deploy pipeline 01",
            "aether_01234567",
            hash,
            "api-tokens:read deploy:staging",
            now,
            organization
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO audit_events (id, org_id, sequence, occurred_at, action, token_id, actor_id, successor_id, \
             changed, reason, count, address, user_agent, request_id, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            event,
            organization,
            sequence,
            now,
            "api_token.created",
            id,
            organization,
            nothing,
            "",
            nothing,
            nothing,
            "127.0.0.1",
            nothing,
            event.to_string(),
            hash
        ])?;
    connection
        .prepare_cached("UPDATE organizations SET audit_sequence = ?, audit_hash = ? WHERE id = ?")?
        .execute(params![sequence, hash, organization])?;
    connection
        .prepare_cached(
            "INSERT INTO kept_answers (org_id, caller_id, key_hash, request, salt, ciphertext, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![organization, organization, hash, hash, salt, sealed, now])?;
    Ok(())
}

impl Subject for Commits {
    fn name(&self) -> String {
        match self.batch {
            1 => "SQLite, one creation per commit".into(),
            batch => format!("SQLite, {batch} creations per commit"),
        }
    }

    fn measure(&mut self, time: Duration) -> Result<Sample> {
        repeat(time, self.batch, || self.commit())
    }
}
