//! The periodic tasks of a running server: recording refusals, and purging inactive tokens.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::store::{Retention, Store};
use crate::timestamp::Timestamp;

/// The time between two recordings of refusals.
const INTERVAL: Duration = Duration::from_secs(60);
/// The number of intervals between two purges.
const PURGE_EVERY: u32 = 10;

/// Starts the tasks. They run at once, and until the set is dropped; the store finishes a job that has begun.
pub(crate) fn start(store: Store, retention: Retention) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for turn in (0..PURGE_EVERY).cycle() {
            ticks.tick().await;
            store.flush_refusals(Timestamp::now(), false);
            if turn == 0 {
                purge(&store, retention).await;
            }
        }
    });
    tasks
}

async fn purge(store: &Store, retention: Retention) {
    match store.purge(retention, Timestamp::now()).await {
        Ok(0) => {}
        Ok(removed) => info!(removed, "purged inactive tokens and old idempotency records"),
        Err(error) => warn!(%error, "the purge failed; it will be tried again"),
    }
}
