//! A real server on a free port, with a real database in a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aether_client::Client;
use aether_server::bootstrap::bootstrap;
use aether_server::config::{Arguments, Serve};
use aether_server::server;
use aether_server::store::Store;
use clap::Parser;
use reqwest::header::{AUTHORIZATION, HeaderName};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::contract::CONTRACT;
use crate::{Answer, matrix};

/// Marks a request that is sent without the owner's token. It does not leave the harness.
const ANONYMOUS: HeaderName = HeaderName::from_static("x-test-anonymous");

/// What a test may want otherwise than the program has it.
#[derive(Debug, Clone)]
pub struct Options {
    pub body_timeout: Duration,
    pub busy_timeout: Duration,
    /// Further arguments, as somebody would give them to the program. Without any, nothing is limited.
    pub arguments: Vec<String>,
}

impl Options {
    /// A server with the program's own limits, and these arguments.
    #[must_use]
    pub fn arguments(arguments: &[&str]) -> Self {
        Self { arguments: arguments.iter().map(ToString::to_string).collect(), ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        let Serve { body_timeout, busy_timeout, .. } = Arguments::parse_from(["aether-server"]).serve;
        let arguments = ["--rate-limit=off", "--refusal-limit=off"].map(str::to_owned).to_vec();
        Self { body_timeout, busy_timeout, arguments }
    }
}

/// A server with one organization and the token that owns it. It is gone when this is dropped.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    pub organization: Uuid,
    pub owner_id: Uuid,
    /// The raw owner token.
    pub owner: String,
    http: reqwest::Client,
    store: Store,
    folder: TempDir,
    _running: server::Server,
}

/// A token that was made for a test.
#[derive(Debug)]
pub struct Token {
    pub id: Uuid,
    pub token: String,
}

/// An organization beside the server's own.
#[derive(Debug)]
pub struct Organization {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub owner: String,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let store = Store::open(&folder.path().join("aether.db"), options.busy_timeout).await.expect("a database");
        let Organization { id: organization, owner_id, owner } = organization(&store, "tests").await;
        let program = ["aether-server", "--listen=127.0.0.1:0"].map(str::to_owned);
        let mut config = Arguments::parse_from(program.into_iter().chain(options.arguments)).serve;
        config.body_timeout = options.body_timeout;
        let running = server::Bound::bind(&config, store.clone()).expect("a free port").start();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("an HTTP client");
        Self { address: running.address(), organization, owner_id, owner, http, store, folder, _running: running }
    }

    /// Another organization in the same database.
    pub async fn other_organization(&self) -> Organization {
        organization(&self.store, &Uuid::new_v4().to_string()).await
    }

    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The path of the tokens of the server's organization.
    #[must_use]
    pub fn tokens_path(&self) -> String {
        format!("/api/v1/organizations/{}/api-tokens", self.organization)
    }

    #[must_use]
    pub fn token_path(&self, id: Uuid) -> String {
        format!("{}/{id}", self.tokens_path())
    }

    /// The path of the organization's audit events.
    #[must_use]
    pub fn events_path(&self) -> String {
        format!("/api/v1/organizations/{}/audit-events", self.organization)
    }

    #[must_use]
    pub fn rotate_path(&self, id: Uuid) -> String {
        format!("{}/rotate", self.token_path(id))
    }

    /// A request without a credential, unless the test gives it one.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).header(ANONYMOUS, "")
    }

    /// A GET by the owner, unless the test gives it another token.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path))
    }

    /// A POST by the owner, unless the test gives it another token.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.url(path))
    }

    /// A PUT by the owner, unless the test gives it another token.
    pub fn put(&self, path: &str) -> RequestBuilder {
        self.http.put(self.url(path))
    }

    /// A DELETE by the owner, unless the test gives it another token.
    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(self.url(path))
    }

    /// Sends a request, and holds what comes back against the contract.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let mut request = request.build().expect("a request");
        let anonymous = request.headers_mut().remove(ANONYMOUS).is_some();
        if !anonymous && !request.headers().contains_key(AUTHORIZATION) {
            let bearer = format!("Bearer {}", self.owner).parse().expect("a token can stand in a header");
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = Answer::read(self.http.execute(request).await.expect("an answer")).await;
        observe(&method, &path, &answer);
        answer
    }

    /// Holds an answer that was read off a socket against the contract.
    #[must_use]
    pub fn observe_raw(&self, method: &str, path: &str, bytes: &[u8]) -> Answer {
        let answer = parse(bytes);
        observe(&method.parse().expect("a method"), path, &answer);
        answer
    }

    /// Creates a token as the owner.
    pub async fn create(&self, body: &Value) -> Answer {
        self.send(self.post(&self.tokens_path()).bearer_auth(&self.owner).json(body)).await
    }

    /// A token with these scopes.
    pub async fn token(&self, scopes: &[&str]) -> Token {
        self.token_by(&self.owner, scopes).await
    }

    /// A token with these scopes, made by another token.
    pub async fn token_by(&self, maker: &str, scopes: &[&str]) -> Token {
        let body = json!({"name": "test", "scopes": scopes});
        let request = self.post(&self.tokens_path()).bearer_auth(maker).json(&body);
        let issued = self.send(request).await.expect(201).json();
        Token {
            id: issued["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"),
            token: issued["token"].as_str().expect("a token").to_owned(),
        }
    }

    /// Whether a token is accepted.
    pub async fn is_live(&self, token: &str) -> bool {
        let current = self.get("/api/v1/api-tokens/current").bearer_auth(token);
        match self.send(current).await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("a token is accepted or not, and not {other}"),
        }
    }

    /// The organization's audit events, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let page = self.send(self.get(&format!("{}?limit=100", self.events_path()))).await.expect(200).json();
        assert_eq!(page.get("next_cursor"), None, "one page holds all of them");
        page["items"].as_array().cloned().expect("a list")
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The generated client, as the owner.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::connect(&self.url(""), &self.owner).expect("a client")
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file, opened a second time: as somebody else at the same machine could.
    #[must_use]
    pub fn database(&self) -> rusqlite::Connection {
        let path: PathBuf = self.folder.path().join("aether.db");
        rusqlite::Connection::open(path).expect("the database")
    }

    /// Lets a token's life be over.
    pub fn expire(&self, id: Uuid) {
        self.set_expiry(id, 1);
    }

    /// Lets a token expire in the far future.
    pub fn unexpire(&self, id: Uuid) {
        self.set_expiry(id, 4_102_444_800_000);
    }

    fn set_expiry(&self, id: Uuid, millis: i64) {
        let sql = "UPDATE api_tokens SET expires_at = ? WHERE id = ?";
        let changed = self.database().execute(sql, rusqlite::params![millis, id]).expect("an update");
        assert_eq!(changed, 1, "there is no token {id}");
    }
}

/// Every test is a test of secrecy, too: whatever it did, no token is on the disk.
impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder of the database") {
            let path = entry.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "token") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            assert!(!holds_a_token(&bytes), "a token is in {}", path.display());
        }
    }
}

/// Whether there is more of any token than what is shown to tell tokens apart.
#[must_use]
pub fn holds_a_token(bytes: &[u8]) -> bool {
    const PREFIX: &[u8] = b"aether_";
    // What is shown has eight digits. A few bytes of whatever comes next can look like digits, too.
    const HARMLESS: usize = 16;
    let after = |at: usize| bytes[at + PREFIX.len()..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (0..bytes.len().saturating_sub(PREFIX.len())).any(|at| bytes[at..].starts_with(PREFIX) && after(at) > HARMLESS)
}

async fn organization(store: &Store, name: &str) -> Organization {
    let owned = bootstrap(store, name.to_owned(), |_, _| Ok(())).await.expect("an organization");
    Organization { id: owned.organization_id, owner_id: owned.token_id, owner: owned.token.expose().to_owned() }
}

/// What is observed on an operation's path and method has to be what the contract says, and is counted. 405 belongs to
/// no operation, so it cannot be answered to one.
fn observe(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = CONTRACT.operation(method, path) else { return };
    if let Err(wrong) = CONTRACT.check(operation, answer) {
        panic!("{method} {path}: {}: {}", answer.status, wrong.join("; "));
    }
    matrix::record(&operation.id, answer.status.as_u16());
}

/// Takes an answer apart that came with `connection: close` and a length.
fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the headers");
    let head = std::str::from_utf8(&bytes[..end]).expect("headers are ASCII");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.parse().ok()?, value.parse().ok()?))
    });
    Answer {
        status: StatusCode::from_u16(status.expect("a status")).expect("a status"),
        headers: headers.collect(),
        body: bytes[end + 4..].to_vec(),
    }
}
