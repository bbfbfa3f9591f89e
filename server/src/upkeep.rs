//! What a running server does now and then: it records the refusals that were counted, and removes what is over.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::store::{Retention, Store};
use crate::tokens::Timestamp;

/// How often refusals are recorded, and how many of those times pass between two purges.
const INTERVAL: Duration = Duration::from_secs(60);
const PURGE_EVERY: u32 = 10;

/// Begins at once, and goes on until it is dropped. Work that has begun is finished by the store.
pub(crate) fn start(store: Store, retention: Retention) -> JoinSet<()> {
    let mut upkeep = JoinSet::new();
    upkeep.spawn(async move {
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
    upkeep
}

async fn purge(store: &Store, retention: Retention) {
    match store.purge(retention, Timestamp::now()).await {
        Ok(0) => {}
        Ok(removed) => info!(removed, "purged what was over"),
        Err(error) => warn!(%error, "what is over was not purged; it will be tried again"),
    }
}
