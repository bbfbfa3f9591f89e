//! The dashboard and the alerts in `server/deploy`, on the metrics of a real server.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use reqwest::blocking::Client;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::metrics::Measured;
use crate::process::{directory, holds_in_time, owner_token, run_json, skip, text};
use crate::tls::{FLAGS, certificate};

/// The interval of a dashboard, in place of the variable that Grafana sets.
const INTERVAL: &str = "1m";

fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn document(path: &str) -> Value {
    let text = fs::read_to_string(package(path)).expect("a file of the package");
    serde_yaml_ng::from_str(&text).expect("YAML or JSON")
}

/// The texts at a key, anywhere in a document.
fn texts_at(document: &Value, key: &str) -> Vec<String> {
    match document {
        Value::Object(members) => {
            let found = members.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
            found.into_iter().chain(members.values().flat_map(|value| texts_at(value, key))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| texts_at(item, key)).collect(),
        _ => Vec::new(),
    }
}

fn dashboard() -> Vec<String> {
    texts_at(&document("deploy/dashboard.json"), "expr")
}

fn alerts() -> Vec<String> {
    texts_at(&document("deploy/alerts.yaml"), "expr")
}

/// The names of series in expressions.
fn names(expressions: &[String]) -> BTreeSet<String> {
    let is_in_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = expressions.iter().flat_map(|text| text.split(move |character| !is_in_name(character)));
    words.filter(|word| word.starts_with("aether_") || word.starts_with("process_")).map(ToOwned::to_owned).collect()
}

/// The name of a metric by that of a series.
fn metric(series: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end)).unwrap_or(series)
}

/// A server that has every metric: it has a certificate, a backup, a purge and a verification of the audit log.
struct Complete {
    measured: Measured,
    client: Client,
    owner: String,
}

impl Complete {
    fn start(directory: &TempDir) -> Self {
        let client = certificate(directory.path(), "server.test");
        let measured = Measured::start(directory, &FLAGS);
        run_json(directory, &["backup", "backup.db"]);
        run_json(directory, &["audit", "verify"]);
        // A purge waits until the clock is proven, which takes ten minutes.
        let database = Connection::open(directory.path().join("aether.db")).expect("the database");
        database.busy_timeout(Duration::from_secs(60)).expect("a timeout");
        let purged = "INSERT INTO finished_tasks (task, finished_at) VALUES ('purge', unixepoch() * 1000)";
        database.execute(purged, []).expect("a row");
        let counted = || measured.series().get("aether_tokens_live").is_some_and(|live| *live > 0.0);
        assert!(holds_in_time(counted), "the tokens are counted at the start");
        Self { client, owner: owner_token(directory), measured }
    }

    /// Sends requests of each kind.
    fn use_it(&self) {
        let port = self.measured.server.address.rsplit(':').next().expect("a port");
        let url = |path: &str| format!("https://server.test:{port}{path}");
        let tokens = url(&self.measured.server.tokens_path());
        let body = json!({"name": "a"});
        let create = self.client.post(tokens).bearer_auth(&self.owner).json(&body).send().expect("a response");
        assert_eq!(create.status(), 201);
        for (path, token, status) in
            [("/api/v1/authorize?scope=", &*self.owner, 200), ("/api/v1/api-tokens/current", "nonsense", 401)]
        {
            let response = self.client.get(url(path)).bearer_auth(token).send().expect("a response");
            assert_eq!(response.status(), status);
        }
    }
}

#[test]
fn dashboard_and_alerts_name_the_metrics_that_exist() {
    let directory = directory();
    let server = Complete::start(&directory);
    server.use_it();
    let series = server.measured.series();
    let series: BTreeSet<_> = series.keys().filter_map(|series| series.split('{').next()).collect();
    for (file, expressions) in [("dashboard", dashboard()), ("alerts", alerts())] {
        let used = names(&expressions);
        assert!(used.len() > 10, "{file}: {used:?}");
        let unknown: Vec<_> = used.iter().filter(|name| !series.contains(&***name)).collect();
        assert!(unknown.is_empty(), "the {file} names {unknown:?}");
    }
    let shown = names(&dashboard());
    let shown: BTreeSet<_> = shown.iter().map(|name| metric(name)).collect();
    let own = series.iter().filter(|name| name.starts_with("aether_")).map(|name| metric(name));
    let hidden: BTreeSet<_> = own.filter(|name| !shown.contains(name)).collect();
    assert!(hidden.is_empty(), "the dashboard lacks {hidden:?}");
}

fn promtool(command: &str, file: &str) -> Option<Output> {
    Command::new("promtool").args([command, "rules"]).arg(package(file)).output().ok()
}

#[test]
fn alerts_are_raised_by_their_faults_alone() {
    for (command, file) in [("check", "deploy/alerts.yaml"), ("test", "tests/alerts.yaml")] {
        let Some(output) = promtool(command, file) else { return skip("promtool") };
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
    let [healthy, faulty] = [0, 1].map(|index| {
        let tests = &document("tests/alerts.yaml")["tests"][index]["alert_rule_test"];
        texts_at(tests, "alertname").into_iter().collect::<BTreeSet<_>>()
    });
    let all: BTreeSet<_> = texts_at(&document("deploy/alerts.yaml"), "alert").into_iter().collect();
    assert_eq!(faulty, all, "each alert is raised in a test");
    assert_eq!(healthy, all, "no alert is raised without a fault");
}

/// A Prometheus that asks a server each second. It is killed when this is dropped.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Prometheus {
    /// Starts it, or returns none if it is not installed.
    fn start(target: &str) -> Option<Self> {
        Command::new("prometheus").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        // It cannot choose a free port, and another process may take the port before it does.
        let started = (0..5).find_map(|_| Self::try_start(target));
        Some(started.expect("Prometheus starts"))
    }

    fn try_start(target: &str) -> Option<Self> {
        let directory = directory();
        let path = |name: &str| directory.path().join(name);
        let configuration = json!({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [package("deploy/alerts.yaml")],
            "scrape_configs": [{"job_name": "aether", "static_configs": [{"targets": [target]}]}],
        });
        fs::write(path("prometheus.yaml"), configuration.to_string()).expect("a writable directory");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let mut command = Command::new("prometheus");
        command.arg(format!("--web.listen-address={address}"));
        command.arg(format!("--config.file={}", path("prometheus.yaml").display()));
        command.arg(format!("--storage.tsdb.path={}", path("data").display()));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let mut prometheus = Self { child, address, _directory: directory };
        let mut has_ended = false;
        let responds_or_ends = || {
            has_ended = prometheus.child.try_wait().is_ok_and(|status| status.is_some());
            has_ended || prometheus.query("up").is_ok()
        };
        assert!(holds_in_time(responds_or_ends), "Prometheus does not respond");
        (!has_ended).then_some(prometheus)
    }

    /// The number of series of an expression that have a value, and how many of these are not 0.
    fn query(&self, expression: &str) -> Result<(usize, usize), String> {
        let url = format!("http://{}/api/v1/query", self.address);
        let response = Client::new().post(url).form(&[("query", expression)]).send().map_err(|it| it.to_string())?;
        let answer: Value = response.json().map_err(|it| it.to_string())?;
        let results = answer["data"]["result"].as_array().ok_or_else(|| answer.to_string())?;
        let number = |result: &Value| result["value"][1].as_str().and_then(|text| text.parse::<f64>().ok());
        let numbers: Vec<_> = results.iter().filter_map(number).filter(|number| !number.is_nan()).collect();
        Ok((numbers.len(), numbers.iter().filter(|number| **number != 0.0).count()))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_panel_shows_values_in_prometheus() {
    let directory = directory();
    let server = Complete::start(&directory);
    let target = server.measured.url.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    let Some(prometheus) = Prometheus::start(&target) else { return skip("prometheus") };
    let concrete = |text: &str| text.replace("$__rate_interval", INTERVAL).replace("$instance", ".*");
    // A rate needs two values of a series.
    let mut without: Vec<String> = dashboard().iter().map(|text| concrete(text)).collect();
    let all_have_values = || {
        server.use_it();
        without.retain(|expression| prometheus.query(expression).expect("a valid expression").0 == 0);
        // A server is rarely restarted, and a restart is marked.
        without.iter().all(|expression| expression.starts_with("changes("))
    };
    assert!(holds_in_time(all_have_values), "{without:#?}");
    for moving in [
        r#"rate(aether_http_requests_total{operation="createApiToken",status="201"}[1m])"#,
        r#"rate(aether_rejections_total{reason="malformed_token"}[1m])"#,
        "rate(aether_writer_commit_changes_sum[1m])",
        "aether_ready",
    ] {
        assert!(prometheus.query(moving).expect("a valid expression").1 > 0, "{moving} does not move");
    }
    for expression in alerts() {
        assert_eq!(prometheus.query(&expression).expect("a valid expression").0, 0, "{expression} is raised");
    }
}
