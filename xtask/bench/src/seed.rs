//! Databases with tokens, for Aether and for its peer, and the files from which the loads draw tokens.
//!
//! A seed is kept in `target/bench/seeds` and copied before each use. The same tokens are made each time.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use aether_server::audit::{Action, ChainHead, Event, Hash, NewEvent, Origin};
use aether_server::timestamp::Timestamp;
use aether_server::tokens::PlainToken;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use rusqlite::{Connection, Transaction, params};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use uuid::{Builder, Uuid};

use crate::Result;
use crate::programs::aether;

/// The version of the rows that a seed makes. A change of them increases it.
const VERSION: u32 = 2;

/// The bytes of a line with a token.
pub const TOKEN_WIDTH: usize = 80;

/// The bytes of a line with an id.
const ID_WIDTH: usize = 37;

/// The time of the first token, in milliseconds.
const FIRST: u64 = 1_767_225_600_000;

/// The expiry of the tokens that have one: the year 2100, in milliseconds.
const EXPIRY: u64 = 4_102_444_800_000;

/// The number of tokens of which one expires.
const EXPIRING: u64 = 4;

/// The scopes of tokens, in turn.
const SCOPES: [&[&str]; 3] = [
    &["api-tokens:read", "deploy:staging"],
    &["deploy:production", "deploy:staging", "metrics:read"],
    &["builds:*", "metrics:write"],
];

/// A seeded database.
#[derive(Debug, Clone)]
pub struct Seed {
    directory: PathBuf,
    contents: Contents,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Contents {
    tokens: u64,
    organizations: Vec<Organization>,
}

/// An organization with its owner token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// The id.
    #[serde(rename = "organization_id")]
    pub id: Uuid,
    /// The id of the owner token.
    pub token_id: Uuid,
    /// The owner token.
    pub token: String,
}

impl Seed {
    /// Finds a seed or makes it. The tokens are divided evenly between the organizations.
    ///
    /// # Errors
    /// Fails if the server cannot create a database.
    pub fn of(server: &Path, bench: &Path, tokens: u64, organizations: u64) -> Result<Self> {
        let base = base(server, bench, organizations)?;
        let schema: i64 = Connection::open(base.0.path().join(aether::DATABASE))?.pragma_query_value(
            None,
            "user_version",
            |row| row.get(0),
        )?;
        let directory = bench.join("seeds").join(format!("{VERSION}-{schema}-{tokens}-{organizations}"));
        let description = directory.join("seed.json");
        if !description.exists() {
            // An interrupted seed is made again.
            if directory.exists() {
                fs::remove_dir_all(&directory)?;
            }
            fs::create_dir_all(&directory)?;
            let contents = Contents { tokens, organizations: base.1 };
            fs::copy(base.0.path().join(aether::DATABASE), directory.join(aether::DATABASE))?;
            fill(&directory, &contents)?;
            fs::write(&description, serde_json::to_vec_pretty(&contents)?)?;
        }
        let contents = serde_json::from_slice(&fs::read(description)?)?;
        Ok(Self { directory, contents })
    }

    /// The first organization, to which the first tokens belong.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.contents.organizations[0]
    }

    /// Copies the database of Aether into a directory.
    ///
    /// # Errors
    /// Fails if there is no room.
    pub fn copy_to(&self, directory: &Path) -> Result<()> {
        copy(&self.directory, directory, aether::DATABASE)
    }

    /// Copies the database of the peer into a directory.
    ///
    /// # Errors
    /// Fails if there is no room.
    pub fn copy_peer_to(&self, directory: &Path) -> Result<()> {
        copy(&self.directory, directory, PEER)
    }

    /// The number of tokens, without the owners'.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.contents.tokens
    }

    /// The database of Aether. It is not changed.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.directory.join(aether::DATABASE)
    }

    /// The file with the tokens, one in a line.
    #[must_use]
    pub fn tokens_file(&self) -> PathBuf {
        self.directory.join("tokens")
    }

    /// The token at an index.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn token(&self, index: u64) -> Result<String> {
        record(&self.tokens_file(), TOKEN_WIDTH, index)
    }

    /// The id of a token.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn id(&self, index: u64) -> Result<String> {
        record(&self.directory.join("ids"), ID_WIDTH, index)
    }

    /// The variables of the loads' scripts that draw from `count` tokens.
    #[must_use]
    pub fn variables(&self, count: u64) -> Vec<(&'static str, String)> {
        let path = |name| self.directory.join(name).display().to_string();
        let Organization { id, token, .. } = self.organization();
        vec![
            ("TOKENS", path("tokens")),
            ("IDS", path("ids")),
            ("COUNT", count.to_string()),
            ("ORGANIZATION", id.to_string()),
            ("OWNER", token.clone()),
        ]
    }
}

/// Copies a file between directories and waits until it is on the disk: its writes would slow down those that are measured.
fn copy(from: &Path, to: &Path, name: &str) -> Result<()> {
    fs::copy(from.join(name), to.join(name))?;
    Ok(File::open(to.join(name))?.sync_all()?)
}

/// A record of a file of lines with the same width.
fn record(path: &Path, width: usize, index: u64) -> Result<String> {
    let mut line = vec![0; width - 1];
    File::open(path)?.read_exact_at(&mut line, index * width as u64)?;
    Ok(String::from_utf8(line)?)
}

/// The file name of the peer's database.
pub const PEER: &str = "peer.db";

/// A database that the server created, with organizations in the order of their ids.
fn base(server: &Path, bench: &Path, organizations: u64) -> Result<(TempDir, Vec<Organization>)> {
    let directory = TempDir::new_in(bench)?;
    let directory = aether::start(server, aether::DEFAULT, directory)?.end(Signal::TERM)?;
    let mut created = Vec::new();
    for number in 0..organizations {
        let mut command = Command::new(server);
        command.args(["organization", "create", &format!("organization {number}"), "--database"]);
        let output = command.arg(directory.path().join(aether::DATABASE)).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        created.push(serde_json::from_slice::<Organization>(&output.stdout)?);
    }
    created.sort_by_key(|organization| organization.id);
    Ok((directory, created))
}

/// A token to insert.
struct Token<'o> {
    organization: &'o Organization,
    id: Uuid,
    event_id: Uuid,
    plain: PlainToken,
    name: String,
    scopes: &'static [&'static str],
    created_at: i64,
    expires_at: Option<i64>,
}

/// The tokens, in the order of the table's key.
fn tokens(contents: &Contents) -> impl Iterator<Item = Token<'_>> {
    let mut random = StdRng::seed_from_u64(contents.tokens);
    let share = contents.tokens / contents.organizations.len() as u64;
    let all =
        contents.organizations.iter().flat_map(move |organization| (0..share).map(move |index| (organization, index)));
    all.map(move |(organization, index)| {
        let plain = PlainToken::generate(&mut random).unwrap_or_else(|never| match never {});
        let millis = FIRST + index;
        let mut id = || {
            let mut rest = [0; 10];
            random.fill_bytes(&mut rest);
            Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
        };
        Token {
            organization,
            id: id(),
            event_id: id(),
            plain,
            name: format!("service-{index:012}"),
            scopes: SCOPES[random.random_range(0..SCOPES.len())],
            created_at: millis.cast_signed(),
            expires_at: (index % EXPIRING == 0).then_some((EXPIRY + index).cast_signed()),
        }
    })
}

/// Fills the databases and the files.
fn fill(directory: &Path, contents: &Contents) -> Result<()> {
    let mut aether = Connection::open(directory.join(aether::DATABASE))?;
    let mut peer = Connection::open(directory.join(PEER))?;
    peer.execute_batch(include_str!("../peer/schema.sql"))?;
    let indexes = take_indexes(&aether)?;
    for connection in [&aether, &peer] {
        // Nothing is lost: an interrupted seed is made again.
        connection
            .execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")?;
    }
    insert(&mut aether, &mut peer, directory, contents)?;
    for index in indexes {
        aether.execute_batch(&index)?;
    }
    peer.execute_batch("CREATE UNIQUE INDEX tokens_hash ON tokens (hash)")?;
    for connection in [&aether, &peer] {
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(())
}

/// Drops the indexes of tokens, which are faster to build at the end. Returns the statements that create them.
fn take_indexes(connection: &Connection) -> Result<Vec<String>> {
    let sql =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'api_tokens' AND sql IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let (names, statements): (Vec<_>, Vec<_>) = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().unzip();
    for name in names {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(statements)
}

fn insert(aether: &mut Connection, peer: &mut Connection, directory: &Path, contents: &Contents) -> Result<()> {
    let writer = |name| File::create(directory.join(name)).map(BufWriter::new);
    let (mut plain, mut ids) = (writer("tokens")?, writer("ids")?);
    let (aether, peer) = (aether.transaction()?, peer.transaction()?);
    {
        let mut into_aether = aether.prepare(
            "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at, created_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        let mut into_peer = peer.prepare(
            "INSERT INTO tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at, created_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for Organization { id, token_id, token } in &contents.organizations {
            let owner = PlainToken::parse(token).ok_or("the owner token is malformed")?;
            let (id, token_id) = (id.to_string(), token_id.to_string());
            let hash = owner.hash();
            into_peer.execute(params![
                id,
                token_id,
                "owner",
                owner.prefix(),
                hash.as_bytes(),
                r#"["*"]"#,
                FIRST.cast_signed(),
                None::<i64>,
                None::<String>
            ])?;
        }
        let mut log = Log::of(&aether)?;
        for Token { organization, id, event_id, plain: token, name, scopes, created_at, expires_at } in tokens(contents)
        {
            let (prefix, hash) = (token.prefix(), token.hash());
            let owner = organization.token_id;
            let created = NewEvent {
                organization_id: organization.id,
                token_id: id,
                occurred_at: Timestamp::from_millis(created_at),
                action: Action::Created,
                origin: Origin { actor: Some(owner), ..Origin::default() },
            };
            log.append(created, event_id)?;
            into_aether.execute(params![
                organization.id,
                id,
                name,
                prefix,
                hash.as_bytes(),
                scopes.join(" "),
                created_at,
                expires_at,
                owner
            ])?;
            into_peer.execute(params![
                organization.id.to_string(),
                id.to_string(),
                name,
                prefix,
                hash.as_bytes(),
                serde_json::to_string(scopes)?,
                created_at,
                expires_at,
                owner.to_string()
            ])?;
            writeln!(plain, "{}", token.expose())?;
            writeln!(ids, "{id}")?;
        }
        log.end()?;
    }
    aether.commit()?;
    peer.commit()?;
    plain.flush()?;
    Ok(ids.flush()?)
}

/// The audit log of the seed. The tokens of an organization come one after the other.
struct Log<'t> {
    transaction: &'t Transaction<'t>,
    insert: rusqlite::Statement<'t>,
    of: Option<(Uuid, ChainHead)>,
}

impl<'t> Log<'t> {
    fn of(transaction: &'t Transaction<'t>) -> Result<Self> {
        let insert = transaction.prepare(
            "INSERT INTO audit_events (id, org_id, sequence, occurred_at, action, token_id, actor_id, changed, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)",
        )?;
        Ok(Self { transaction, insert, of: None })
    }

    fn append(&mut self, event: NewEvent, id: Uuid) -> Result<()> {
        let organization = event.organization_id;
        let head = match self.of {
            Some((of, head)) if of == organization => head,
            _ => {
                self.end()?;
                self.head(organization)?
            }
        };
        let event = head.append(event, id);
        let Event { sequence, occurred_at, action, token_id, actor_id, hash, .. } = &event;
        let millis = occurred_at.as_millis();
        self.insert.execute(params![id, organization, sequence, millis, action, token_id, actor_id, hash.0])?;
        self.of = Some((organization, ChainHead::of(&event)));
        Ok(())
    }

    /// The end of the chain of an organization: the creation of its owner token.
    fn head(&self, organization: Uuid) -> Result<ChainHead> {
        let sql = "SELECT audit_sequence, audit_hash FROM organizations WHERE id = ?";
        let head = |row: &rusqlite::Row<'_>| Ok(ChainHead { sequence: row.get(0)?, hash: Hash(row.get(1)?) });
        Ok(self.transaction.query_row(sql, [organization], head)?)
    }

    /// Ends the chain of the last organization.
    fn end(&mut self) -> Result<()> {
        if let Some((organization, head)) = self.of.take() {
            let sql = "UPDATE organizations SET audit_sequence = ?, audit_hash = ? WHERE id = ?";
            self.transaction.execute(sql, params![head.sequence, head.hash.0, organization])?;
        }
        Ok(())
    }
}
