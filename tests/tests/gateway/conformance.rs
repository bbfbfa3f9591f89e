//! The conformance suite through a gateway in front of Aether.

use std::time::Duration;

use aether_conformance::suite::{self, Outcome};
use aether_conformance::{Run, Settings};
use aether_tests::Server;
use reqwest::redirect::Policy;

use crate::proxy::{Program, Proxy};

#[tokio::test]
async fn suite_passes_through_nginx() {
    suite_passes_through(Program::Nginx).await;
}

#[tokio::test]
async fn suite_passes_through_caddy() {
    suite_passes_through(Program::Caddy).await;
}

async fn suite_passes_through(program: Program) {
    let server = Server::start().await;
    let Some(proxy) = Proxy::plain(program, server.address).await else { return program.skip() };
    let http = reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(30));
    let settings = Settings {
        base_url: format!("http://{}", proxy.address),
        http: http.build().unwrap(),
        ignored_headers: Vec::new(),
        token: server.owner.secret.clone().into(),
        other_token: Some(server.other_organization().await.root.secret.into()),
        prefix: "gateway".to_owned(),
        lifetime: Duration::from_secs(3_600),
        jobs: 4,
    };
    let mut run = Run::start(settings).await.unwrap();
    let (tests, mut failed, mut passed) = (suite::all().collect::<Vec<_>>(), Vec::new(), 0);
    run.execute(&tests, |result| match result.outcome {
        Outcome::Passed => passed += 1,
        Outcome::Failed(reason) => failed.push(format!("{}: {reason}", result.name)),
        Outcome::Skipped(_) => {}
    })
    .await;
    assert!(run.end().await.is_complete());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 100, "{passed} tests");
}
