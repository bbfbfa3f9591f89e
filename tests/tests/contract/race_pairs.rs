//! The pairs of concurrent changes of the conformance suite, half of them behind a held lock.

use aether_conformance::suite::race_pairs::pairs;
use aether_tests::{Options, Server};

crate::tests!(each_pair_of_changes_on_a_locked_database_has_an_allowed_result,);

/// The number of times that each pair runs.
const TIMES: usize = 20;

async fn each_pair_of_changes_on_a_locked_database_has_an_allowed_result() {
    let server = Server::with(Options::default().and("--busy-timeout=60s")).await;
    for pair in pairs() {
        for time in 0..TIMES {
            // Every other time, both requests wait for the same lock, so both are authenticated before one of them is decided.
            let begin = || {
                let lock = (time % 2 == 1).then(|| {
                    let lock = server.database();
                    lock.execute_batch("BEGIN IMMEDIATE").expect("a lock");
                    lock
                });
                async move {
                    for _ in 0..500 * (time % 5) {
                        tokio::task::yield_now().await;
                    }
                    drop(lock);
                }
            };
            pair.run(&server, time % 4 < 2, begin).await;
        }
    }
}
