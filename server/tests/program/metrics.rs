//! The metrics: their values after requests, and the form of Prometheus.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use tempfile::TempDir;

use crate::process::{Running, directory, holds_in_time, owner_token, run, skip, text};

/// A server with metrics on a free port.
pub(crate) struct Measured {
    pub(crate) server: Running,
    pub(crate) url: String,
    client: Client,
}

impl Measured {
    pub(crate) fn start(directory: &TempDir, arguments: &[&str]) -> Self {
        let arguments = [&["--metrics-listen", "127.0.0.1:0"], arguments].concat();
        let server = Running::start(directory, &arguments);
        let url = server.greeting.lines().find_map(|line| line.strip_prefix("Metrics on "));
        Self { url: url.expect("the address of the metrics").to_owned(), server, client: Client::new() }
    }

    fn get(&self, path: &str, token: &str) -> u16 {
        let url = format!("http://{}{path}", self.server.address);
        self.client.get(url).bearer_auth(token).send().expect("a response").status().as_u16()
    }

    fn response(&self) -> Response {
        self.client.get(&self.url).send().expect("a response")
    }

    fn text(&self) -> String {
        self.response().text().expect("a text")
    }

    /// The value of each series.
    pub(crate) fn series(&self) -> BTreeMap<String, f64> {
        let text = self.text();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.map(|line| line.rsplit_once(' ').expect("a series and its value"));
        series.map(|(name, value)| (name.to_owned(), value.parse().expect("a number"))).collect()
    }
}

#[test]
fn requests_and_rejections_are_counted() {
    let directory = directory();
    let measured =
        Measured::start(&directory, &["--rate-limit", "60", "--rate-limit-burst", "1", "--refusal-limit", "1"]);
    let (server, owner) = (&measured.server, owner_token(&directory));
    let path = server.tokens_path();
    let current = "/api/v1/api-tokens/current";
    let created = server.create(&path, &owner, "a");
    let weak = created["token"].as_str().unwrap();
    for (path, token, status) in [
        ("/api/v1/authorize?scope=a:b", weak, 403),
        ("/api/v1/authorize?scope=,", &owner, 403),
        ("/api/v1/authorize?scope=", &owner, 200),
        (current, "nonsense", 401),
        // The first rejected token of the network, and one above its limit.
        (current, "aether_0000000000000000000000000000000000000000000000000000000000000000ff08a98c", 401),
        (current, "aether_0000000000000000000000000000000000000000000000000000000000000000ff08a98c", 429),
        (current, weak, 200),
        (current, weak, 429),
        ("/no/such/path", weak, 404),
        ("/healthz", weak, 200),
    ] {
        assert_eq!(measured.get(path, token), status, "{path}");
    }
    let missing = measured.client.get(format!("http://{}{current}", server.address)).send().unwrap();
    assert_eq!(missing.status(), StatusCode::UNAUTHORIZED);
    let series = measured.series();
    let count = |operation: &str, status: u16| {
        series.get(&format!(r#"aether_http_requests_total{{operation="{operation}",status="{status}"}}"#)).copied()
    };
    for (operation, status, expected) in [
        ("createApiToken", 201, Some(1.0)),
        ("createApiToken", 500, None),
        ("authorizeRequest", 200, Some(1.0)),
        ("authorizeRequest", 403, Some(2.0)),
        ("getCurrentApiToken", 200, Some(1.0)),
        ("getCurrentApiToken", 401, Some(3.0)),
        ("getCurrentApiToken", 429, Some(2.0)),
        ("none", 404, Some(1.0)),
        ("none", 200, Some(1.0)),
    ] {
        assert_eq!(count(operation, status), expected, "{operation} {status}");
    }
    let rejected = |reason: &str| series[&format!(r#"aether_rejections_total{{reason="{reason}"}}"#)];
    for (reason, expected) in [
        ("missing_token", 1.0),
        ("malformed_token", 1.0),
        ("unknown_token", 1.0),
        ("revoked_token", 0.0),
        ("insufficient_scope", 1.0),
        ("invalid_query", 1.0),
        ("rate_limit", 1.0),
        ("refusal_limit", 1.0),
    ] {
        assert!((rejected(reason) - expected).abs() < 0.5, "{reason}: {}", rejected(reason));
    }
    let latency = r#"aether_http_request_duration_seconds_count{operation="getCurrentApiToken"}"#;
    assert!((series[latency] - 6.0).abs() < 0.5, "{series:#?}");
}

#[test]
fn state_of_the_server_is_measured() {
    let directory = directory();
    let measured = Measured::start(&directory, &[]);
    let (server, owner) = (&measured.server, owner_token(&directory));
    for name in ["a", "b"] {
        server.create(&server.tokens_path(), &owner, name);
    }
    let series = measured.series();
    let at_least = |name: &str, least: f64| assert!(series[name] >= least, "{name} is {}", series[name]);
    for (name, least) in [
        ("aether_ready", 1.0),
        ("aether_http_connections", 1.0),
        ("aether_http_connections_limit", 4096.0),
        ("aether_writer_queue_length", 0.0),
        ("aether_writer_wait_seconds_count", 2.0),
        ("aether_writer_commit_duration_seconds_count", 2.0),
        ("aether_writer_commit_changes_sum", 2.0),
        ("aether_database_size_bytes", 4096.0),
        ("aether_database_wal_size_bytes", 4096.0),
        ("aether_log_lines_dropped_total", 0.0),
        ("aether_uses_not_recorded_total", 0.0),
        ("aether_refusals_not_recorded_total", 0.0),
        ("process_open_fds", 5.0),
        ("process_resident_memory_bytes", 4096.0),
    ] {
        at_least(name, least);
    }
    let is_counted = || measured.series().get("aether_tokens_live").is_some_and(|live| *live >= 1.0);
    assert!(holds_in_time(is_counted), "the first count is made at the start");
    assert!(series.keys().any(|name| name.starts_with("aether_build_info{")), "{series:#?}");
}

#[test]
fn metrics_are_only_on_their_listener_and_have_no_text_of_a_client() {
    let directory = directory();
    let measured = Measured::start(&directory, &[]);
    let owner = owner_token(&directory);
    let organization = measured.server.tokens_path();
    for path in ["/metrics", "/needle", &format!("{organization}/needle")] {
        measured.get(path, &owner);
    }
    assert_eq!(measured.get("/metrics", &owner), 404);
    let response = measured.response();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4");
    let text = response.text().unwrap();
    let organization = organization.split('/').nth(4).unwrap();
    for absent in ["needle", &owner[7..15], organization] {
        assert!(!text.contains(absent), "{absent:?} in {text}");
    }
    let other = measured.url.replace("/metrics", "/api/v1/api-tokens/current");
    assert_eq!(measured.client.get(other).bearer_auth(&owner).send().unwrap().status(), StatusCode::NOT_FOUND);
}

#[test]
fn server_has_no_metrics_by_default_and_fails_if_their_address_is_in_use() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    assert!(!server.greeting.contains("Metrics"), "{}", server.greeting);
    let second = self::directory();
    let output = run(&second, &["--listen", "127.0.0.1:0", "--metrics-listen", &server.address]);
    let message = text(&output.stderr);
    assert!(!output.status.success() && message.contains(&format!("cannot listen on {}", server.address)), "{message}");
    assert!(!second.path().join("aether-owner.token").exists(), "no organization is created");
}

#[test]
fn metrics_have_the_form_of_prometheus() {
    let directory = directory();
    let measured = Measured::start(&directory, &[]);
    measured.server.create(&measured.server.tokens_path(), &owner_token(&directory), "a");
    let checking =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut checking) = checking else { return skip("promtool") };
    checking.stdin.take().unwrap().write_all(measured.text().as_bytes()).unwrap();
    let output = checking.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}
