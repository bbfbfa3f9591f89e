//! The conformance suite against servers that break the contract in one way each, and against one that does not.

mod faults;
mod proxy;

use std::time::Duration;

use aether_conformance::report::TestResult;
use aether_conformance::suite::{self, Outcome, Test};
use aether_conformance::{Run, Settings};
use aether_tests::{Options, Server, contains_secret};

use futures::StreamExt;

use faults::{FAULTS, Fault, NONE};
use proxy::Proxy;

/// The results of the tests of a fault, in a run with a second organization.
async fn run(server: &Server, fault: Fault, other_token: Option<String>) -> Vec<TestResult> {
    let proxy = Proxy::start(server, fault).await;
    let settings = Settings {
        base_url: proxy.url.clone(),
        http: reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap(),
        token: server.owner.secret.clone().into(),
        other_token: other_token.map(Into::into),
        prefix: "wrong-server".to_owned(),
        lifetime: Duration::from_secs(3_600),
        jobs: 2,
    };
    let run = Run::start(settings).await.unwrap();
    let is_selected = |test: &Test| fault.tests.iter().any(|part| test.to_string().contains(part));
    let tests: Vec<Test> = suite::all().filter(is_selected).collect();
    for part in fault.tests {
        assert!(tests.iter().any(|test| test.to_string().contains(part)), "{}: no test {part}", fault.name);
    }
    let mut results = Vec::new();
    run.execute(&tests, |result| results.push(result)).await;
    run.end().await;
    results
}

fn failed(results: &[TestResult]) -> Vec<&TestResult> {
    results.iter().filter(|result| matches!(result.outcome, Outcome::Failed(_))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_found() {
    let runs = futures::stream::iter(FAULTS).map(|fault| async move {
        let server = Server::start().await;
        let other = server.other_organization().await.root.secret;
        failed(&run(&server, *fault, Some(other)).await).is_empty().then_some(fault.name)
    });
    // A test that waits for an effect that never comes takes half a minute.
    let overlooked: Vec<_> = runs.buffer_unordered(6).filter_map(async |name| name).collect().await;
    assert_eq!(overlooked, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_without_faults_passes() {
    let server = Server::start().await;
    let before = server.list("").await;
    let other = server.other_organization().await.root.secret;
    let results = run(&server, NONE, Some(other)).await;
    assert!(failed(&results).is_empty(), "{:#?}", failed(&results));
    assert!(results.iter().filter(|result| result.outcome == Outcome::Passed).count() > 100);
    // The tokens of the run are ended, and others are as they were.
    let active = server.list("state=active").await;
    assert_eq!(active.iter().map(|token| &token["id"]).collect::<Vec<_>>(), [&before[0]["id"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_a_run_end_on_a_server_that_does_not_conform() {
    let fault = FAULTS.iter().find(|fault| fault.name == "descendants are not revoked").unwrap();
    let server = Server::with(Options::default()).await;
    run(&server, *fault, None).await;
    let active = server.list("state=active").await;
    assert_eq!(active.len(), 1, "{active:#?}");
}

/// The program reports a failure in each form, and never a secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failure_has_status_1_and_its_reason_in_every_report() {
    for name in ["idempotency key is ignored", "records contain the secret"] {
        let fault = FAULTS.iter().find(|fault| fault.name == name).unwrap();
        let server = Server::start().await;
        let proxy = Proxy::start(&server, *fault).await;
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("token"), &server.owner.secret).unwrap();
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_aether-conformance"));
        program.args(["--url", &proxy.url]).args(fault.tests);
        for (flag, file) in [("--token-file", "token"), ("--json", "json"), ("--junit", "junit")] {
            program.arg(flag).arg(path(file));
        }
        let output = program.output().await.unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stdout}");
        let (json, junit) = (path("json"), path("junit"));
        let (json, junit) = (std::fs::read_to_string(json).unwrap(), std::fs::read_to_string(junit).unwrap());
        assert!(stdout.contains("FAILED  ") && stdout.contains("1 failed"), "{stdout}");
        assert!(json.contains(r#""outcome": "failed""#) && json.contains(" returned 20"), "{json}");
        assert!(junit.contains("<failure message=") && junit.contains(" returned 20"), "{junit}");
        for report in [stdout, json, junit] {
            assert!(!contains_secret(report.as_bytes()), "{report}");
        }
    }
}
