//! SIGKILL at random moments under concurrent changes. After each restart, every acknowledged change is there, every request with a key
//! was executed at most once, and the audit log is intact.
//!
//! `cargo xtask crash --rounds 1000` runs more rounds. The variables `CRASH_ROUNDS` and `CRASH_SEED` set them for the test.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, directory, owner_token, run, text};

const ROUNDS: usize = 20;
const WORKERS: usize = 4;
const LIMITS_OFF: [&str; 4] = ["--rate-limit", "off", "--refusal-limit", "off"];
/// The maximum number of acknowledged changes in a round.
const CHANGES: usize = 60;

/// A token as its worker knows it. Only its worker changes it.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    secret: String,
    name: String,
    is_active: bool,
    children: Vec<(String, String)>,
}

/// A change whose response was not received.
#[derive(Debug)]
enum Unknown {
    /// The name and the key.
    Create(String, String),
    /// The index of the token, and the new name.
    Update(usize, String),
    /// The index of the token, and the key.
    Rotate(usize, String),
    /// The index of the token.
    Revoke(usize),
}

/// The tokens of a worker, and its change in progress when the server was killed.
#[derive(Debug, Default)]
struct Worker {
    tokens: Vec<Known>,
    unknown: Option<Unknown>,
}

/// A running server, as its owner sees it.
struct Owner<'s> {
    http: &'s Client,
    url: String,
    path: &'s str,
    secret: &'s str,
}

impl Owner<'_> {
    /// Sends a request as a token. `None` if the server did not respond.
    fn send_as(&self, secret: &str, method: Method, path: &str, key: &str, body: Option<&Value>) -> Option<Response> {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(secret);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        body.into_iter().fold(request, RequestBuilder::json).send().ok()
    }

    fn send(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Option<Response> {
        self.send_as(self.secret, method, path, key, body)
    }

    fn issue(&self, path: &str, key: &str, body: &Value) -> Option<Value> {
        let response = self.send(Method::POST, path, key, Some(body))?;
        assert_eq!(response.status(), 201, "{path}");
        // The server can be killed between the head and the body.
        response.json().ok()
    }

    fn token_path(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }

    fn create(&self, name: &str, key: &str) -> Option<Known> {
        Some(known(&self.issue(self.path, key, &json!({"name": name, "scopes": ["api-tokens:write", "x"]}))?))
    }

    fn rotate(&self, id: &str, key: &str) -> Option<Known> {
        Some(known(&self.issue(&format!("{}/rotate", self.token_path(id)), key, &json!({}))?))
    }

    fn update(&self, id: &str, name: &str) -> Option<()> {
        let response = self.send(Method::PUT, &self.token_path(id), "", Some(&json!({"name": name})))?;
        assert_eq!(response.status(), 200);
        Some(())
    }

    fn revoke(&self, id: &str) -> Option<()> {
        let path = format!("{}?descendants=true", self.token_path(id));
        let response = self.send(Method::DELETE, &path, "", None)?;
        assert_eq!(response.status(), 204);
        Some(())
    }

    /// A token that `maker` creates.
    fn create_child(&self, maker: &Known, name: &str) -> Option<(String, String)> {
        let response = self.send_as(&maker.secret, Method::POST, self.path, "", Some(&json!({"name": name})))?;
        assert_eq!(response.status(), 201);
        let child = known(&response.json().ok()?);
        Some((child.id, child.secret))
    }

    fn record(&self, id: &str) -> Value {
        let response = self.send(Method::GET, &self.token_path(id), "", None).expect("a response");
        assert_eq!(response.status(), 200, "an acknowledged token is lost");
        response.json().expect("a record")
    }

    fn accepts(&self, secret: &str) -> bool {
        let response = self.send_as(secret, Method::GET, "/api/v1/api-tokens/current", "", None);
        match response.expect("a response").status().as_u16() {
            200 => true,
            401 => false,
            status => panic!("unexpected status {status} of a token"),
        }
    }

    /// The number of tokens with this name. A page reads a bounded number of tokens, so it can be empty and not the last one.
    fn count(&self, name: &str) -> usize {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let path = format!("{}?name_prefix={name}&limit=100{cursor}", self.path);
            let page: Value = self.send(Method::GET, &path, "", None).expect("a response").json().expect("a page");
            count += page["items"].as_array().expect("items").iter().filter(|item| item["name"] == name).count();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return count,
            }
        }
    }
}

fn known(issued: &Value) -> Known {
    let field = |name: &str| issued[name].as_str().expect("a text").to_owned();
    let (id, secret, name) = (field("id"), field("token"), field("name"));
    Known { id, secret, name, is_active: true, children: Vec::new() }
}

impl Worker {
    /// Makes changes until the server does not respond.
    fn work(&mut self, owner: &Owner<'_>, random: &mut StdRng, acknowledged: &AtomicUsize) {
        loop {
            let unique = format!("t{:032x}", random.random::<u128>());
            let active: Vec<_> = (0..self.tokens.len()).filter(|index| self.tokens[*index].is_active).collect();
            let choice = random.random_range(0..8);
            let Some(&index) = active.get(random.random_range(0..active.len().max(1))).filter(|_| choice > 2) else {
                let Some(created) = owner.create(&unique, &unique) else {
                    self.unknown = Some(Unknown::Create(unique.clone(), unique));
                    return;
                };
                self.tokens.push(created);
                acknowledged.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let id = self.tokens[index].id.clone();
            let unknown = match choice {
                3 | 4 => match owner.update(&id, &unique) {
                    Some(()) => {
                        self.tokens[index].name = unique;
                        None
                    }
                    None => Some(Unknown::Update(index, unique)),
                },
                5 => match owner.rotate(&id, &unique) {
                    Some(successor) => {
                        self.rotated(index, successor);
                        None
                    }
                    None => Some(Unknown::Rotate(index, unique)),
                },
                6 => match owner.create_child(&self.tokens[index], &unique) {
                    Some(child) => {
                        self.tokens[index].children.push(child);
                        None
                    }
                    None => return,
                },
                _ => match owner.revoke(&id) {
                    Some(()) => {
                        self.tokens[index].is_active = false;
                        None
                    }
                    None => Some(Unknown::Revoke(index)),
                },
            };
            if unknown.is_some() {
                self.unknown = unknown;
                return;
            }
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn rotated(&mut self, index: usize, successor: Known) {
        // Its children stay, and nobody looks at them again.
        self.tokens[index].is_active = false;
        self.tokens[index].children.clear();
        self.tokens.push(successor);
    }

    /// Completes the change in progress after a restart, and checks that it was made once or not at all.
    fn complete(&mut self, owner: &Owner<'_>) {
        match self.unknown.take() {
            None => {}
            Some(Unknown::Create(name, key)) => {
                let before = owner.count(&name);
                let created = owner.create(&name, &key).expect("a response");
                assert!(before <= 1 && owner.count(&name) == 1, "one token for each key");
                assert_eq!(owner.create(&name, &key).expect("a response").secret, created.secret);
                self.tokens.push(created);
            }
            Some(Unknown::Update(index, name)) => {
                let found = owner.record(&self.tokens[index].id)["name"].as_str().expect("a name").to_owned();
                assert!(found == name || found == self.tokens[index].name, "neither the old name nor the new one");
                self.tokens[index].name = found;
            }
            Some(Unknown::Rotate(index, key)) => {
                let id = self.tokens[index].id.clone();
                let done = owner.record(&id)["rotated_to"].as_str().map(str::to_owned);
                let successor = owner.rotate(&id, &key).expect("a response");
                assert!(done.is_none_or(|done| done == successor.id), "one successor for each key");
                self.rotated(index, successor);
            }
            Some(Unknown::Revoke(index)) => {
                let token = &mut self.tokens[index];
                let is_revoked = owner.record(&token.id)["state"] == "revoked";
                assert_eq!(owner.accepts(&token.secret), !is_revoked);
                owner.revoke(&token.id).expect("a response");
                token.is_active = false;
            }
        }
    }

    /// Checks the newest tokens. Earlier rounds have checked the older ones.
    fn check(&self, owner: &Owner<'_>) {
        for token in self.tokens.iter().rev().take(2 * CHANGES) {
            let record = owner.record(&token.id);
            assert_eq!(record["name"], token.name.as_str());
            assert_eq!((record["state"] == "active", owner.accepts(&token.secret)), (token.is_active, token.is_active));
            for (id, secret) in &token.children {
                assert_eq!(owner.record(id)["state"] == "active", token.is_active, "a child of {}", token.id);
                assert_eq!(owner.accepts(secret), token.is_active);
            }
        }
    }
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn acknowledged_changes_survive_kill_9_at_any_moment() {
    let rounds = variable("CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = variable("CRASH_SEED").unwrap_or_else(rand::random::<u64>);
    println!("CRASH_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let bar = ProgressBar::with_draw_target(Some(rounds as u64), ProgressDrawTarget::stderr());
    let directory = directory();
    let mut server = Some(Running::start(&directory, &LIMITS_OFF));
    let path = server.as_ref().expect("a server").tokens_path();
    let secret = owner_token(&directory);
    let mut workers: Vec<_> = (0..WORKERS).map(|_| Mutex::new(Worker::default())).collect();
    for _ in 0..rounds {
        let running = server.take().unwrap_or_else(|| Running::start(&directory, &LIMITS_OFF));
        // Connections of an earlier server are not used again.
        let http = Client::new();
        let owner = Owner { http: &http, url: format!("http://{}", running.address), path: &path, secret: &secret };
        for worker in &mut workers {
            let worker = worker.get_mut().expect("no panic");
            worker.complete(&owner);
            worker.check(&owner);
        }
        assert_intact(&directory);

        let (acknowledged, target) = (AtomicUsize::new(0), random.random_range(1..CHANGES));
        std::thread::scope(|scope| {
            for worker in &workers {
                let (owner, acknowledged) = (&owner, &acknowledged);
                let mut random = StdRng::seed_from_u64(random.random());
                scope.spawn(move || worker.lock().expect("no panic").work(owner, &mut random, acknowledged));
            }
            while acknowledged.load(Ordering::Relaxed) < target {
                std::thread::yield_now();
            }
            running.signal("KILL");
            assert!(!running.wait().0);
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
}

/// Requires that the chain of audit events is intact.
fn assert_intact(directory: &TempDir) {
    let output = run(directory, &["audit", "verify"]);
    assert!(output.status.success(), "{}", text(&output.stdout));
}
