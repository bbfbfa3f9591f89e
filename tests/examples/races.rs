//! Full-size races: a thousand concurrent creations with one token left below the limit, and a million uses of a token
//! that is revoked meanwhile.
//!
//! `cargo run --release -p aether-tests --example races [USES]`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use aether_tests::race::{create_concurrently, revoke_during_uses};
use aether_tests::{Options, Server};
use indicatif::ProgressBar;

const CREATIONS: usize = 1000;
const USES: usize = 1_000_000;
const CONNECTIONS: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let uses = std::env::args().nth(1).and_then(|uses| uses.parse().ok()).unwrap_or(USES);
    let options = Options::default().and("--max-tokens=2").and("--busy-timeout=120s");
    let server = Arc::new(Server::with(options).await);
    let begun = Instant::now();
    let created = create_concurrently(&server, CREATIONS).await;
    println!("{CREATIONS} concurrent creations, one below the limit: {created} succeeded, in {:.1?}", begun.elapsed());

    let server = Arc::new(Server::start().await);
    let (bar, begun) = (ProgressBar::new(uses as u64), Instant::now());
    let progress = bar.clone();
    let counts = revoke_during_uses(&server, uses, CONNECTIONS, move || progress.inc(1)).await;
    bar.finish_and_clear();
    println!(
        "{uses} uses over {CONNECTIONS} connections, revoked meanwhile: {} accepted, {} rejected, {} accepted that \
         began after the 204, in {:.1?}",
        counts.accepted,
        counts.rejected,
        counts.accepted_late,
        begun.elapsed()
    );
    if created == 1 && counts.accepted_late == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
