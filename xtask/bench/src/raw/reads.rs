//! Reads of tokens by hash, and of pages.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use aether_server::tokens::PlainToken;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::{Connection, OpenFlags, Row, params};
use uuid::Uuid;

use super::{configure, repeat};
use crate::Result;
use crate::measure::{Sample, Subject};
use crate::seed::{Seed, TOKEN_WIDTH};

const COLUMNS: &str = "id, org_id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at, \
                       expired_seen_at, created_by, rotated_to, tree_revoked";

/// The number of reads between two looks at the clock.
const BATCH: u32 = 16;

/// Verifications of one thread: the token is parsed and hashed, and its row is read.
#[derive(Debug)]
pub struct Lookups {
    connection: Connection,
    tokens: File,
    count: u64,
    random: StdRng,
}

impl Lookups {
    /// Opens a seed.
    ///
    /// # Errors
    /// Fails if it cannot be opened.
    pub fn open(seed: &Seed) -> Result<Self> {
        let tokens = File::open(seed.tokens_file())?;
        Ok(Self { connection: open(seed)?, tokens, count: seed.tokens(), random: StdRng::seed_from_u64(1) })
    }

    fn look_up(&mut self) -> Result<()> {
        let mut text = [0; TOKEN_WIDTH];
        self.tokens.read_exact_at(&mut text, self.random.random_range(0..self.count) * TOKEN_WIDTH as u64)?;
        let token = PlainToken::parse(std::str::from_utf8(&text)?.trim_end()).ok_or("a malformed token")?;
        let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE hash = ?");
        Ok(self.connection.prepare_cached(&sql)?.query_row([token.hash().as_bytes()], read)?)
    }
}

impl Subject for Lookups {
    fn name(&self) -> String {
        "SQLite, one thread".into()
    }

    fn measure(&mut self, time: Duration) -> Result<Sample> {
        repeat(time, BATCH, || (0..BATCH).try_for_each(|_| self.look_up()))
    }
}

/// Reads of one page in one thread.
#[derive(Debug)]
pub struct Page {
    connection: Connection,
    organization: Uuid,
    after: Uuid,
    limit: u32,
}

impl Page {
    /// Opens a seed, for the page of the first organization after an id.
    ///
    /// # Errors
    /// Fails if it cannot be opened.
    pub fn open(seed: &Seed, after: Option<&str>, limit: u32) -> Result<Self> {
        let after = after.map_or(Ok(Uuid::nil()), Uuid::parse_str)?;
        Ok(Self { connection: open(seed)?, organization: seed.organization().id, after, limit })
    }
}

impl Subject for Page {
    fn name(&self) -> String {
        "SQLite, one thread".into()
    }

    fn measure(&mut self, time: Duration) -> Result<Sample> {
        let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?");
        repeat(time, 1, || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            // One more shows that more follow.
            let mut rows = statement.query(params![self.organization, self.after, self.limit + 1])?;
            while let Some(row) = rows.next()? {
                read(row)?;
            }
            Ok(())
        })
    }
}

fn open(seed: &Seed) -> Result<Connection> {
    let connection = Connection::open_with_flags(seed.database(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&connection)?;
    Ok(connection)
}

/// Reads the columns as the server does.
fn read(row: &Row<'_>) -> rusqlite::Result<()> {
    row.get::<_, Uuid>("id")?;
    row.get::<_, Uuid>("org_id")?;
    for text in ["name", "prefix", "scopes"] {
        row.get::<_, String>(text)?;
    }
    row.get::<_, i64>("created_at")?;
    for time in ["expires_at", "revoked_at", "last_used_at", "expired_seen_at"] {
        row.get::<_, Option<i64>>(time)?;
    }
    row.get::<_, Option<Uuid>>("created_by")?;
    row.get::<_, Option<Uuid>>("rotated_to")?;
    row.get::<_, bool>("tree_revoked")?;
    Ok(())
}
