//! The conformance suite against servers that break the contract in one way each, and against one that does not.

mod deviations;
mod proxy;

use std::sync::Arc;
use std::time::Duration;

use aether_conformance::report::TestResult;
use aether_conformance::run::Cleanup;
use aether_conformance::suite::{self, Outcome, Test};
use aether_conformance::{Api, Run, Settings};
use aether_tests::{Server, contains_secret};
use futures::StreamExt;
use reqwest::redirect::Policy;
use serde_json::Value;

use deviations::{CLOCK_AHEAD, DEVIATIONS, Deviation, ENDLESS_LISTS, NONE, UNREADABLE_HEADER, WITHOUT_EXPIRY};
use proxy::Proxy;

/// The settings of a run with an owner token.
fn settings(proxy: &Proxy, server: &Server, other_token: Option<String>) -> Settings {
    let http = reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(30));
    Settings {
        base_url: proxy.url.clone(),
        http: http.build().unwrap(),
        ignored_headers: Vec::new(),
        token: server.owner.secret.clone().into(),
        other_token: other_token.map(Into::into),
        prefix: "wrong-server".to_owned(),
        lifetime: Duration::from_secs(3_600),
        jobs: 2,
    }
}

/// The results of the tests of a deviation, and the end of the run.
async fn run(server: &Server, deviation: Deviation, other_token: Option<String>) -> (Vec<TestResult>, Cleanup) {
    let proxy = Proxy::start(server, deviation).await;
    let mut run = Run::start(settings(&proxy, server, other_token)).await.unwrap();
    let is_selected = |test: &Test| deviation.tests.iter().any(|part| test.to_string().contains(part));
    let tests: Vec<Test> = suite::all().filter(is_selected).collect();
    let mut results = Vec::new();
    run.execute(&tests, |result| results.push(result)).await;
    let cleanup = run.end().await;
    (results, cleanup)
}

fn failed(results: &[TestResult]) -> Vec<&TestResult> {
    results.iter().filter(|result| matches!(result.outcome, Outcome::Failed(_))).collect()
}

/// The deviation with this name.
fn deviation(name: &str) -> Deviation {
    *DEVIATIONS.iter().find(|deviation| deviation.name == name).expect("a deviation")
}

/// The records of an organization's tokens, without the times of their uses.
async fn records(api: &Api) -> Vec<Value> {
    let mut records = api.list("").await;
    records.iter_mut().for_each(|record| record["last_used_at"] = Value::Null);
    records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_deviation_is_found() {
    let runs = futures::stream::iter(DEVIATIONS).map(|deviation| async move {
        let server = Server::start().await;
        let other = server.other_organization().await.root.secret;
        let (results, _) = run(&server, *deviation, Some(other)).await;
        // Each of the tests that are listed finds it.
        let finds = |part: &str| failed(&results).iter().any(|result| result.name.contains(part));
        deviation.tests.iter().find(|part| !finds(part)).map(|part| format!("{} by {part}", deviation.name))
    });
    // A test that waits for an effect that never comes takes half a minute.
    let overlooked: Vec<Option<String>> = runs.buffer_unordered(6).collect().await;
    assert_eq!(overlooked.into_iter().flatten().collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_without_deviations_passes() {
    let server = Server::start().await;
    let other = server.other_organization().await;
    let (one, two) = (server.token(&["conformance:x"]).await, server.token(&[]).await);
    server.revoke(two.id).await;
    let foreign = Api::new(Arc::clone(server.deployment()), other.clone());
    let before = [records(&server).await, records(&foreign).await];
    let (results, cleanup) = run(&server, NONE, Some(other.root.secret)).await;
    assert!(failed(&results).is_empty(), "{:#?}", failed(&results));
    assert!(results.iter().filter(|result| result.outcome == Outcome::Passed).count() > 100);
    assert!(cleanup.is_complete(), "{cleanup:?}");
    // The tokens of the run have ended, and the others are as they were.
    for (api, before) in [&*server, &foreign].into_iter().zip(before) {
        let after = records(api).await;
        assert_eq!(after[..before.len()], before);
        assert!(after[before.len()..].iter().all(|record| record["state"] != "active"));
    }
    assert!(server.accepts(&one.secret).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_a_run_end_on_a_server_that_does_not_conform() {
    let server = Server::start().await;
    let (_, cleanup) = run(&server, deviation("descendants are not revoked"), None).await;
    assert!(!cleanup.is_complete() && cleanup.late > 0 && cleanup.left.is_empty(), "{cleanup:?}");
    assert_eq!(server.list("state=active").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_ends_on_a_server_whose_lists_have_no_end() {
    let server = Server::start().await;
    let (_, cleanup) = run(&server, ENDLESS_LISTS, None).await;
    assert!(!cleanup.is_confirmed, "{cleanup:?}");
    assert_eq!(server.list("state=active").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_that_cannot_begin_leaves_no_token() {
    for deviation in [WITHOUT_EXPIRY, CLOCK_AHEAD] {
        let server = Server::start().await;
        let proxy = Proxy::start(&server, deviation).await;
        let error = Run::start(settings(&proxy, &server, None)).await.unwrap_err();
        assert!(error.to_string().contains("unexpected response"), "{error}");
        assert!(!contains_secret(error.to_string().as_bytes()), "{error}");
        assert_eq!(server.list("state=active").await.len(), 1, "{}", deviation.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_that_is_not_ascii_fails_tests_and_not_the_run() {
    let server = Server::start().await;
    let (results, cleanup) = run(&server, UNREADABLE_HEADER, None).await;
    assert!(!failed(&results).is_empty() && cleanup.is_complete(), "{cleanup:?}");
}

/// The program reports a failure in each form, and never a secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failure_has_status_1_and_its_reason_in_every_report() {
    for name in ["idempotency key is ignored", "records contain the secret", "secret is compared without case"] {
        let deviation = deviation(name);
        let server = Server::start().await;
        let proxy = Proxy::start(&server, deviation).await;
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("token"), &server.owner.secret).unwrap();
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_aether-conformance"));
        program.args(["--url", &proxy.url]).args(deviation.tests);
        for (flag, file) in [("--token-file", "token"), ("--json", "json"), ("--junit", "junit")] {
            program.arg(flag).arg(path(file));
        }
        let output = program.output().await.unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stdout}");
        let (json, junit) = (path("json"), path("junit"));
        let (json, junit) = (std::fs::read_to_string(json).unwrap(), std::fs::read_to_string(junit).unwrap());
        assert!(stdout.contains("FAILED  ") && !stdout.contains(" 0 failed"), "{stdout}");
        assert!(json.contains(r#""outcome": "failed""#) && json.contains(" returned 20"), "{json}");
        assert!(junit.contains("<failure message=") && junit.contains(" returned 20"), "{junit}");
        for report in [stdout, json, junit] {
            assert!(!contains_secret(report.as_bytes()), "{report}");
        }
    }
}
