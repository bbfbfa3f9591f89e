//! The races of the contract tests at full size: a thousand creations one below the limit, and a million uses of a token
//! that is revoked amid them.
//!
//! `cargo run --release -p aether-tests --example races [USES]`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aether_tests::race::{create_at_once, revoke_amid_uses};
use aether_tests::{Options, Server};
use indicatif::ProgressBar;

const CREATIONS: usize = 1000;
const USES: usize = 1_000_000;
const CONNECTIONS: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let uses = std::env::args().nth(1).and_then(|uses| uses.parse().ok()).unwrap_or(USES);
    let patient = Options {
        busy_timeout: Duration::from_secs(120),
        ..Options::arguments(&["--max-tokens=2", "--rate-limit=off"])
    };
    let server = Arc::new(Server::with(patient).await);
    let begun = Instant::now();
    let made = create_at_once(&server, CREATIONS).await;
    println!("{CREATIONS} creations at once, one below the limit: {made} done, in {:.1?}", begun.elapsed());

    let server = Arc::new(Server::start().await);
    let (bar, begun) = (ProgressBar::new(uses as u64), Instant::now());
    let seen = bar.clone();
    let told = revoke_amid_uses(&server, uses, CONNECTIONS, move || seen.inc(1)).await;
    bar.finish_and_clear();
    println!(
        "{uses} uses over {CONNECTIONS} connections, revoked amid them: {} accepted, {} refused, {} accepted that began \
         after the 204, in {:.1?}",
        told.accepted,
        told.refused,
        told.late,
        begun.elapsed()
    );
    if made == 1 && told.late == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
