//! A real server on a free port, with a real database in its own temporary directory.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aether_client::Client;
use aether_conformance::coverage::Coverage;
use aether_conformance::suite::{Need, Test};
use aether_conformance::{Api, Deployment, Organization, Response, Token, contains_secret};
use aether_server::bootstrap::bootstrap;
use aether_server::config::{Arguments, Serve};
use aether_server::mounted::MountedServer;
use aether_server::server;
use aether_server::store::Store;
use clap::Parser;
use reqwest::Method;
use tempfile::TempDir;
use uuid::Uuid;

/// The observations of all tests of a process.
pub static COVERAGE: LazyLock<Arc<Coverage>> = LazyLock::new(Arc::default);

/// The command-line arguments of a [`Server`]. By default, they disable the rate limits.
#[derive(Debug, Clone)]
pub struct Options(Vec<String>);

impl Options {
    /// The program's own defaults, with these arguments.
    #[must_use]
    pub fn arguments(arguments: &[&str]) -> Self {
        Self(arguments.iter().map(ToString::to_string).collect())
    }

    /// The same arguments and another one.
    #[must_use]
    pub fn and(mut self, argument: &str) -> Self {
        self.0.push(argument.to_owned());
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::arguments(&["--rate-limit=off", "--refusal-limit=off"])
    }
}

tokio::task_local! {
    /// Whether the servers of a test are dropshot servers on which the API is mounted.
    pub static MOUNTED: bool;
}

#[derive(Debug)]
enum Running {
    Aether(Box<server::Server>),
    Mounted(MountedServer),
}

impl Running {
    fn start(config: &Serve, store: Store) -> Self {
        if MOUNTED.try_with(|mounted| *mounted).unwrap_or_default() {
            Self::Mounted(MountedServer::start(config, store).expect("a running server"))
        } else {
            let bound = server::Bound::bind(config, store).expect("a free port");
            Self::Aether(Box::new(bound.start().expect("a running server")))
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Aether(server) => server.address(),
            Self::Mounted(server) => server.address(),
        }
    }
}

/// A running server with one organization and its owner token. It stops when it is dropped.
///
/// It has the methods of its [`Api`], whose root token is the owner token.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    pub owner: Token,
    api: Api,
    store: Store,
    directory: TempDir,
    _running: Running,
}

impl Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let program = ["aether-server", "--listen=127.0.0.1:0"].map(str::to_owned);
        let config = Arguments::parse_from(program.into_iter().chain(options.0)).serve;
        let path = directory.path().join("aether.db");
        let store =
            Store::open_for_server(&path, config.busy_timeout, config.store_settings()).await.expect("a database");
        let organization = create_organization(&store, "tests").await;
        let owner = organization.root.clone();
        let running = Running::start(&config, store.clone());
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("an HTTP client");
        let address = running.address();
        let deployment = Deployment::new(format!("http://{address}"), http, Arc::clone(&COVERAGE));
        let api = Api::new(Arc::new(deployment), organization);
        Self { address, owner, api, store, directory, _running: running }
    }

    /// Creates another organization in the same database.
    pub async fn other_organization(&self) -> Organization {
        create_organization(&self.store, &Uuid::new_v4().to_string()).await
    }

    /// Checks a response that was read from a socket against the contract.
    #[must_use]
    pub fn check_raw(&self, method: &Method, path: &str, bytes: &[u8]) -> Response {
        let response = Response::parse(format!("{method} {path}"), bytes);
        self.api.check(method, path, &response);
        response
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The client of the owner.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.url(""), &self.owner.secret).expect("a client")
    }

    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Opens a second connection to the database file, as another process on the same machine would.
    #[must_use]
    pub fn database(&self) -> rusqlite::Connection {
        let path: PathBuf = self.directory.path().join("aether.db");
        rusqlite::Connection::open(path).expect("the database")
    }

    /// Inserts tokens without scopes that a token created, as the server would have written them.
    pub fn insert_children(&self, creator: Uuid, count: usize) {
        let mut database = self.database();
        let transaction = database.transaction().expect("a transaction");
        let sql = "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, created_by) \
                   VALUES (?, ?, 'child', 'aether_00000000', randomblob(32), '', 0, ?)";
        for _ in 0..count {
            transaction.execute(sql, rusqlite::params![self.organization_id, Uuid::now_v7(), creator]).expect("a row");
        }
        transaction.commit().expect("a commit");
    }

    /// The API for a test of the conformance suite, with the organizations that it needs.
    pub async fn api_for(&self, test: &Test) -> Api {
        let api = self.api.clone();
        if test.needs.contains(&Need::SecondOrganization) {
            return api.with_other(self.other_organization().await);
        }
        api
    }

    /// Sets a token's expiry to the past.
    pub fn expire(&self, id: Uuid) {
        self.set_expiry(id, 1);
    }

    /// Sets a token's expiry to the year 2100.
    pub fn unexpire(&self, id: Uuid) {
        self.set_expiry(id, 4_102_444_800_000);
    }

    fn set_expiry(&self, id: Uuid, millis: i64) {
        let sql = "UPDATE api_tokens SET expires_at = ? WHERE id = ?";
        let changed = self.database().execute(sql, rusqlite::params![millis, id]).expect("an update");
        assert_eq!(changed, 1, "unknown token {id}");
    }
}

/// Checks after every test that no secret was written to the disk.
impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for entry in std::fs::read_dir(self.directory.path()).expect("the temporary directory") {
            let path = entry.expect("a directory entry").path();
            // The reserve of disk space is large and random.
            if path.extension().is_some_and(|extension| extension == "token" || extension == "reserve") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            assert!(!contains_secret(&bytes), "{} contains a secret", path.display());
        }
    }
}

async fn create_organization(store: &Store, name: &str) -> Organization {
    let owned = bootstrap(store, name.to_owned(), |_, _| Ok(())).await.expect("an organization");
    let root = Token { id: owned.token_id, secret: owned.token.expose().to_owned() };
    Organization { id: owned.organization_id, root }
}
