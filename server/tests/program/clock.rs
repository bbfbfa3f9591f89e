//! Steps of the wall clock, by libfaketime. The monotonic clock goes on, as it does when a real clock steps.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, directory, owner_token, skip};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A server whose clock can be set.
struct Faked<'d> {
    server: Running,
    directory: &'d TempDir,
    http: Client,
    owner: String,
    path: String,
}

fn library() -> Option<PathBuf> {
    let directories = std::fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files = directories.map(|directory| directory.join("faketime/libfaketimeMT.so.1"));
    files.find(|file| file.exists())
}

/// Sets the clock of the servers in `directory`, in seconds from the real time.
fn set_clock(directory: &TempDir, seconds: i64) {
    // By a rename, so the library never reads half of it.
    let (file, new) = (directory.path().join("clock"), directory.path().join("clock.new"));
    std::fs::write(&new, format!("{seconds:+}")).unwrap();
    std::fs::rename(new, file).unwrap();
}

impl<'d> Faked<'d> {
    /// Starts a server with its clock `seconds` from the real time.
    fn start(library: &PathBuf, directory: &'d TempDir, seconds: i64, arguments: &[&str]) -> Self {
        set_clock(directory, seconds);
        let server = Running::start_with(directory, arguments, |command| {
            command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", directory.path().join("clock"));
            command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        });
        let owner = owner_token(directory);
        let http = Client::new();
        let listed: Value = http
            .get(format!("http://{}/api/v1/api-tokens/current", server.address))
            .bearer_auth(&owner)
            .send()
            .unwrap()
            .json()
            .unwrap();
        let path = format!("/api/v1/organizations/{}/api-tokens", listed["org_id"].as_str().unwrap());
        Self { server, directory, http, owner, path }
    }

    fn step(&self, seconds: i64) {
        set_clock(self.directory, seconds);
    }

    fn send(&self, secret: &str, method: Method, path: &str, body: &Value) -> Response {
        let request = self.http.request(method, format!("http://{}{path}", self.server.address)).bearer_auth(secret);
        request.header("idempotency-key", "k").json(body).send().unwrap()
    }

    /// Creates a token that expires `seconds` from the real time.
    fn create(&self, expires_in: Option<i64>) -> Value {
        let expires_at = expires_in.map(|seconds| (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339());
        let body = json!({"name": "a", "scopes": ["x"], "expires_at": expires_at});
        let url = format!("http://{}{}", self.server.address, self.path);
        let response = self.http.post(url).bearer_auth(&self.owner).json(&body).send().unwrap();
        assert_eq!(response.status(), 201);
        response.json().unwrap()
    }

    fn token_path(&self, token: &Value) -> String {
        format!("{}/{}", self.path, token["id"].as_str().unwrap())
    }

    fn status(&self, token: &Value) -> u16 {
        self.server.status(token["token"].as_str().unwrap())
    }

    fn record(&self, token: &Value) -> Value {
        self.send(&self.owner, Method::GET, &self.token_path(token), &json!({})).json().unwrap()
    }

    /// The state of a token in a look-up and in a list.
    fn states(&self, token: &Value) -> [String; 2] {
        let listed = self.server.list(&format!("{}?limit=100", self.path), &self.owner);
        let listed = listed.into_iter().find(|item| item["id"] == token["id"]).unwrap();
        [self.record(token), listed].map(|record| record["state"].as_str().unwrap().to_owned())
    }

    fn is_active(&self, token: &Value) -> bool {
        let url = format!("http://{}/api/v1/introspect", self.server.address);
        let form = [("token", token["token"].as_str().unwrap())];
        let response = self.http.post(url).bearer_auth(&self.owner).form(&form).send().unwrap();
        response.json::<Value>().unwrap()["active"] == true
    }
}

/// Runs a test with a directory, unless the library is not installed.
fn with_library(test: impl FnOnce(&PathBuf, &TempDir)) {
    match library() {
        Some(library) => test(&library, &directory()),
        None => skip("libfaketime"),
    }
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn expiry_that_was_answered_is_final() {
    with_library(|library, directory| {
        let server = Faked::start(library, directory, 0, &[]);
        let (rejected, introspected, updated) =
            (server.create(Some(HOUR)), server.create(Some(HOUR)), server.create(Some(HOUR)));
        server.step(2 * HOUR);
        assert_eq!(server.status(&rejected), 401);
        assert!(!server.is_active(&introspected));
        let update = || server.send(&server.owner, Method::PUT, &server.token_path(&updated), &json!({"name": "b"}));
        assert_eq!(update().json::<Value>().unwrap()["error"]["code"], "token_expired");
        for seconds in [0, -YEAR] {
            server.step(seconds);
            for token in [&rejected, &introspected, &updated] {
                assert_eq!((server.status(token), server.is_active(token)), (401, false));
                assert_eq!(server.states(token), ["expired", "expired"]);
            }
            assert_eq!(update().status(), 409);
        }
    });
}

#[test]
fn expiry_that_was_only_listed_is_not_recorded() {
    with_library(|library, directory| {
        let server = Faked::start(library, directory, 0, &[]);
        let token = server.create(Some(HOUR));
        server.step(YEAR);
        assert_eq!(server.states(&token), ["expired", "expired"]);
        server.step(0);
        assert_eq!(server.states(&token), ["active", "active"]);
        assert_eq!((server.status(&token), server.is_active(&token)), (200, true));
    });
}

#[test]
fn last_use_in_the_future_gives_way_to_the_next_use() {
    with_library(|library, directory| {
        let server = Faked::start(library, directory, 0, &["--rate-limit", "off"]);
        let token = server.create(None);
        let last_use = || {
            let record = server.record(&token);
            record["last_used_at"].as_str().map(|time| time.parse::<DateTime<Utc>>().unwrap())
        };
        server.step(YEAR);
        assert_eq!(server.status(&token), 200);
        let next_month = Utc::now() + TimeDelta::days(30);
        eventually("the use is recorded", || last_use().is_some_and(|time| time > next_month));
        server.step(0);
        eventually("the next use is recorded", || {
            assert_eq!(server.status(&token), 200);
            last_use().is_some_and(|time| time < next_month)
        });
    });
}

#[test]
fn nothing_is_removed_by_a_clock_that_is_not_proven() {
    with_library(|library, directory| {
        let server = Faked::start(library, directory, 0, &["--retention", "1d"]);
        let token = server.create(None);
        let create = |server: &Faked| {
            server.send(&server.owner, Method::POST, &server.path, &json!({"name": "kept", "scopes": ["x"]}))
        };
        let first: Value = create(&server).json().unwrap();
        let revoked = server.send(&server.owner, Method::DELETE, &server.token_path(&token), &json!({}));
        assert_eq!(revoked.status(), 204);
        server.server.signal("TERM");
        assert!(server.server.wait().0);

        // Its maintenance begins at once.
        let server = Faked::start(library, directory, YEAR, &["--retention", "1d"]);
        for _ in 0..20 {
            assert_eq!(server.states(&token), ["revoked", "revoked"]);
            server.create(None);
        }
        server.step(0);
        assert_eq!(server.states(&token), ["revoked", "revoked"]);
        let replayed = create(&server);
        assert_eq!(replayed.headers()["idempotency-replayed"], "true");
        assert_eq!(replayed.json::<Value>().unwrap()["token"], first["token"]);
    });
}

#[test]
fn wrong_reading_of_the_clock_moves_no_later_decision() {
    with_library(|library, directory| {
        let server = Faked::start(library, directory, 0, &[]);
        let mut created = vec![server.create(None)];
        for seconds in [10 * YEAR, 0, -10 * YEAR, 0] {
            server.step(seconds);
            created.extend((0..5).map(|_| server.create(None)));
        }
        let last = &created[created.len() - 1];
        let age = Utc::now() - last["created_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        assert!(age.abs() < TimeDelta::minutes(10), "{last}");
        let listed = server.server.list(&format!("{}?limit=100", server.path), &server.owner);
        let ids = |tokens: &[Value]| tokens.iter().map(|token| token["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&listed[1..]), ids(&created), "the order of commits");
        for token in &created {
            assert_eq!(server.status(token), 200);
        }
        let date = server.send(&server.owner, Method::GET, "/healthz", &json!({})).headers()["date"].clone();
        let date = DateTime::parse_from_rfc2822(date.to_str().unwrap()).unwrap();
        assert!((Utc::now() - date.to_utc()).abs() < TimeDelta::minutes(10), "{date}");
        // A token with a life works to its end.
        let short = server.create(Some(HOUR));
        assert_eq!(server.status(&short), 200);
        server.step(HOUR + 1);
        assert_eq!(server.status(&short), 401);
    });
}

#[test]
fn rate_limit_does_not_depend_on_the_wall_clock() {
    with_library(|library, directory| {
        let server = Faked::start(library, directory, 0, &["--rate-limit", "1", "--rate-limit-burst", "3"]);
        for seconds in [0, YEAR, -YEAR, 0] {
            server.step(seconds);
            let response = server.send(&server.owner, Method::GET, &server.path, &json!({}));
            if response.status() == 429 {
                let retry_after: u32 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                assert!((1..=60).contains(&retry_after), "{retry_after}");
            }
        }
        assert_eq!(server.send(&server.owner, Method::GET, &server.path, &json!({})).status(), 429);
    });
}

#[test]
fn server_starts_at_any_time_of_the_clock() {
    with_library(|library, directory| {
        let now = Utc::now().timestamp();
        let mut created = Vec::new();
        // 1970, 2100, and now.
        for seconds in [-now + DAY, 75 * YEAR, 0] {
            let server = Faked::start(library, directory, seconds, &[]);
            let token = server.create(None);
            assert_eq!(server.status(&token), 200);
            created.push(token);
            let listed = server.server.list(&format!("{}?limit=100", server.path), &server.owner);
            let ids = |tokens: &[Value]| tokens.iter().map(|token| token["id"].clone()).collect::<Vec<_>>();
            assert_eq!(ids(&listed[1..]), ids(&created), "the order of commits");
            assert!(listed.iter().all(|token| token["state"] == "active"));
            server.server.signal("TERM");
            assert!(server.server.wait().0);
        }
    });
}
