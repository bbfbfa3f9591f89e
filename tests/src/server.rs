//! A real server on a free port, with a real database in its own temporary directory.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aether_client::Client;
use aether_server::bootstrap::bootstrap;
use aether_server::config::{Arguments, Serve};
use aether_server::mounted::MountedServer;
use aether_server::server;
use aether_server::store::Store;
use clap::Parser;
use reqwest::header::{AUTHORIZATION, HeaderName};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::contract::CONTRACT;
use crate::{Response, coverage, eventually, text};

/// Marks a request that is sent without the owner token. The header is removed before the request is sent.
const ANONYMOUS: HeaderName = HeaderName::from_static("x-test-anonymous");

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
    Aether(server::Server),
    Mounted(MountedServer),
}

impl Running {
    fn start(config: &Serve, store: Store) -> Self {
        if MOUNTED.try_with(|mounted| *mounted).unwrap_or_default() {
            Self::Mounted(MountedServer::start(config, store).expect("a running server"))
        } else {
            let bound = server::Bound::bind(config, store).expect("a free port");
            Self::Aether(bound.start().expect("a running server"))
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
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    pub organization_id: Uuid,
    pub owner: Token,
    http: reqwest::Client,
    store: Store,
    directory: TempDir,
    _running: Running,
}

#[derive(Debug, Clone)]
pub struct Token {
    pub id: Uuid,
    pub secret: String,
}

impl Token {
    /// Reads the response body of a creation or a rotation.
    #[must_use]
    pub fn from_json(issued: &Value) -> Self {
        Self { id: text(&issued["id"]).parse().expect("an id"), secret: text(&issued["token"]).to_owned() }
    }
}

#[derive(Debug)]
pub struct Organization {
    pub id: Uuid,
    pub owner: Token,
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
        let Organization { id: organization_id, owner } = create_organization(&store, "tests").await;
        let running = Running::start(&config, store.clone());
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("an HTTP client");
        Self { address: running.address(), organization_id, owner, http, store, directory, _running: running }
    }

    /// Creates another organization in the same database.
    pub async fn other_organization(&self) -> Organization {
        create_organization(&self.store, &Uuid::new_v4().to_string()).await
    }

    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Fills the parameters of a path template: the server's organization, and a token.
    #[must_use]
    pub fn expand_path(&self, template: &str, token_id: Uuid) -> String {
        template.replace("{orgID}", &self.organization_id.to_string()).replace("{tokenID}", &token_id.to_string())
    }

    #[must_use]
    pub fn tokens_path(&self) -> String {
        format!("/api/v1/organizations/{}/api-tokens", self.organization_id)
    }

    #[must_use]
    pub fn token_path(&self, id: Uuid) -> String {
        format!("{}/{id}", self.tokens_path())
    }

    #[must_use]
    pub fn events_path(&self) -> String {
        format!("/api/v1/organizations/{}/audit-events", self.organization_id)
    }

    #[must_use]
    pub fn rotate_path(&self, id: Uuid) -> String {
        format!("{}/rotate", self.token_path(id))
    }

    /// Builds a request without a default credential.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).header(ANONYMOUS, "")
    }

    /// Builds a GET. Its default credential is the owner token.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path))
    }

    /// Builds a request that reads the caller's own token.
    pub fn get_current(&self, secret: &str) -> RequestBuilder {
        self.get("/api/v1/api-tokens/current").bearer_auth(secret)
    }

    /// Builds a POST. Its default credential is the owner token.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.url(path))
    }

    /// Builds a PUT. Its default credential is the owner token.
    pub fn put(&self, path: &str) -> RequestBuilder {
        self.http.put(self.url(path))
    }

    /// Builds a DELETE. Its default credential is the owner token.
    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(self.url(path))
    }

    /// Sends a request, and checks the response against the contract.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        let mut request = request.build().expect("a request");
        let anonymous = request.headers_mut().remove(ANONYMOUS).is_some();
        if !anonymous && !request.headers().contains_key(AUTHORIZATION) {
            let bearer = format!("Bearer {}", self.owner.secret).parse().expect("a header value");
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = Response::read(self.http.execute(request).await.expect("a response")).await;
        check(&method, &path, &response);
        response
    }

    /// Parses a response that was read from a socket, and checks it against the contract.
    #[must_use]
    pub fn check_raw(&self, method: &Method, path: &str, bytes: &[u8]) -> Response {
        let response = Response::parse(bytes);
        check(method, path, &response);
        response
    }

    /// Creates a token as the owner.
    pub async fn create(&self, body: &Value) -> Response {
        self.send(self.post(&self.tokens_path()).json(body)).await
    }

    /// Creates a token with these scopes as the owner.
    pub async fn token(&self, scopes: &[&str]) -> Token {
        self.token_by(&self.owner, scopes).await
    }

    /// Creates a token with these scopes as `creator`.
    pub async fn token_by(&self, creator: &Token, scopes: &[&str]) -> Token {
        let body = json!({"name": "test", "scopes": scopes});
        let request = self.post(&self.tokens_path()).bearer_auth(&creator.secret).json(&body);
        Token::from_json(&self.send(request).await.expect(201).json())
    }

    /// Revokes a token as the owner.
    pub async fn revoke(&self, id: Uuid) {
        self.send(self.delete(&self.token_path(id))).await.expect(204);
    }

    /// Revokes a token and its descendants as the owner.
    pub async fn revoke_with_descendants(&self, id: Uuid) {
        let path = format!("{}?descendants=true", self.token_path(id));
        self.send(self.delete(&path)).await.expect(204);
    }

    /// Reads a token's record as the owner.
    pub async fn record(&self, id: Uuid) -> Value {
        self.send(self.get(&self.token_path(id))).await.expect(200).json()
    }

    /// Returns whether the server accepts a token.
    pub async fn accepts(&self, secret: &str) -> bool {
        match self.send(self.get_current(secret)).await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("unexpected status {other} of a token"),
        }
    }

    /// Waits until a use of a token is recorded.
    pub async fn wait_for_use(&self, id: Uuid) {
        eventually("the recorded use", async || self.record(id).await["last_used_at"].is_string().then_some(())).await;
    }

    /// Reads the organization's audit events, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let page = self.send(self.get(&format!("{}?limit=100", self.events_path()))).await.expect(200).json();
        assert_eq!(page.get("next_cursor"), None, "all events fit on one page");
        page["items"].as_array().cloned().expect("a list")
    }

    /// Waits for at least `count` refusal events, and returns them.
    pub async fn refusals(&self, count: usize) -> Vec<Value> {
        eventually("the refusal events", async || {
            let events = self.events().await;
            let refusals: Vec<_> = events.into_iter().filter(|event| event["action"] == "api_token.refused").collect();
            (refusals.len() >= count).then_some(refusals)
        })
        .await
    }

    /// Reads every page of a list. `path` contains a query. Returns the items of each page.
    pub async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.send(self.get(&format!("{path}{cursor}"))).await.expect(200).json();
            pages.push(page["items"].as_array().cloned().expect("a list"));
            // On the last page, `next_cursor` is absent and not null.
            match page.get("next_cursor") {
                Some(next) => cursor = format!("&cursor={}", text(next)),
                None => return pages,
            }
        }
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

/// Returns whether the bytes contain more of a secret than the displayed prefix.
#[must_use]
pub fn contains_secret(bytes: &[u8]) -> bool {
    const PREFIX: &[u8] = b"aether_";
    // The displayed prefix has eight digits. Some of the bytes after it may be hex digits by chance.
    const MAX_DIGITS: usize = 16;
    let digits = |at: usize| bytes[at + PREFIX.len()..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (0..bytes.len().saturating_sub(PREFIX.len())).any(|at| bytes[at..].starts_with(PREFIX) && digits(at) > MAX_DIGITS)
}

/// Returns a well-formed secret that no other server knows: the owner token of a server with another database.
pub async fn unknown_secret() -> String {
    Server::start().await.owner.secret.clone()
}

async fn create_organization(store: &Store, name: &str) -> Organization {
    let owned = bootstrap(store, name.to_owned(), |_, _| Ok(())).await.expect("an organization");
    let owner = Token { id: owned.token_id, secret: owned.token.expose().to_owned() };
    Organization { id: owned.organization_id, owner }
}

/// Checks a response of an operation against the contract, and records it. Other paths and methods are skipped: a 405
/// belongs to no operation.
fn check(method: &Method, path: &str, response: &Response) {
    let Some(operation) = CONTRACT.operation(method, path) else { return };
    if let Err(errors) = CONTRACT.check(operation, response) {
        panic!("{method} {path}: {}: {}", response.status, errors.join("; "));
    }
    coverage::record(&operation.id, response.status.as_u16());
}
