//! The sequences of requests of the conformance suite, many of them, each on a server of its own.

use aether_conformance::suite::privilege_escalation::{run, sequences};
use aether_tests::Server;
use proptest::test_runner::{Config, TestRunner};

crate::tests!(many_request_sequences_never_extend_scopes_or_life,);

async fn many_request_sequences_never_extend_scopes_or_life() {
    // The owner token can be a target, too, so each case has its own server.
    let runtime = tokio::runtime::Handle::current();
    let result = tokio::task::spawn_blocking(move || {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        TestRunner::new(config).run(&sequences(), |sequence| {
            runtime.block_on(async {
                let server = Server::start().await;
                run(&server, sequence).await;
            });
            Ok(())
        })
    });
    result.await.unwrap().unwrap();
}
