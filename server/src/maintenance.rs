//! The periodic tasks of a running server: recording refusals, shrinking the write-ahead log, purging inactive tokens, and counting the
//! active ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{info, warn};

use crate::clock::{ClockCheck, Reading};
use crate::metrics::Metrics;
use crate::store::{Retention, Store, Task};
use crate::timestamp::Timestamp;

/// The time between two turns, which is also that between two readings of the clocks.
const INTERVAL: Duration = Duration::from_secs(60);
/// The number of turns between two purges.
const PURGE_EVERY: u32 = 10;
/// The pause after a count of the active tokens, as a multiple of its time.
const COUNT_PAUSE: u32 = 99;

/// Starts the tasks. They run until the set is dropped; the store finishes a job that has begun.
pub(crate) fn start(store: Store, retention: Retention, metrics: Option<Arc<Metrics>>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    if let Some(metrics) = metrics {
        tasks.spawn(count_tokens(store.clone(), metrics));
    }
    tasks.spawn(async move {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut maintenance = Maintenance::new(store, retention);
        loop {
            ticks.tick().await;
            maintenance.store.flush_refusals(Timestamp::now(), false);
            maintenance.store.shrink_log().await;
            maintenance.purge(Reading::now()).await;
        }
    });
    tasks
}

/// Counts the active tokens, for at most a hundredth of the time.
async fn count_tokens(store: Store, metrics: Arc<Metrics>) {
    loop {
        let begun = Instant::now();
        match store.active_tokens(Timestamp::now()).await {
            Ok(active) => metrics.live_tokens.set(i64::try_from(active).unwrap_or(i64::MAX)),
            Err(error) => warn!(%error, "the active tokens were not counted; it will be tried again"),
        }
        sleep(INTERVAL.max(COUNT_PAUSE * begun.elapsed())).await;
    }
}

struct Maintenance {
    store: Store,
    retention: Retention,
    clocks: ClockCheck,
    /// The number of turns before the next purge.
    turns_left: u32,
}

impl Maintenance {
    fn new(store: Store, retention: Retention) -> Self {
        Self { store, retention, clocks: ClockCheck::default(), turns_left: 0 }
    }

    /// Purges if it is time to. A purge waits until the wall clock is proven, which takes ten minutes after the start and after each
    /// step of the clock.
    async fn purge(&mut self, reading: Reading) {
        let proven = self.clocks.prove(reading);
        if let Some(now) = proven.filter(|_| self.turns_left == 0) {
            self.turns_left = PURGE_EVERY;
            match self.store.purge(self.retention, now).await {
                Ok(removed) => self.record_purge(removed, now).await,
                Err(error) => warn!(%error, "the purge failed; it will be tried again"),
            }
        }
        self.turns_left = self.turns_left.saturating_sub(1);
    }

    async fn record_purge(&self, removed: usize, now: Timestamp) {
        if removed > 0 {
            info!(removed, "purged inactive tokens and old idempotency records");
        }
        if let Err(error) = self.store.record_finished(Task::Purge, now).await {
            warn!(%error, "the time of the purge was not recorded");
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::bootstrap::bootstrap;
    use crate::store::{ChangeContext, Filter};

    #[tokio::test]
    async fn tokens_are_purged_after_the_retention_time_by_a_proven_clock() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("aether.db"), Duration::from_secs(5)).await.unwrap();
        let (kept, revoked) = (new_organization(&store, "kept").await, new_organization(&store, "revoked").await);
        store.revoke_token_as_operator(ChangeContext::without_caller(revoked.0), revoked.1, false).await.unwrap();
        let left = async || {
            let page = async |id| store.tokens(id, Filter::default(), None, 100).await.unwrap().items.len();
            (page(kept.0).await, page(revoked.0).await)
        };
        let day = 86_400;
        let mut maintenance = Maintenance::new(store.clone(), Retention { seconds: day });
        let start = Timestamp::now();
        let mut turn = async |wall, steady| {
            maintenance.purge(Reading::at(start.plus_seconds(wall), Duration::from_secs(steady))).await;
            left().await
        };
        assert_eq!(turn(0, 0).await, (1, 1));
        assert_eq!(store.last_finished(Task::Purge).await.unwrap(), None, "the clock is not proven");
        assert_eq!(turn(600, 600).await, (1, 1), "within its retention time");
        assert_eq!(store.last_finished(Task::Purge).await.unwrap(), Some(start.plus_seconds(600)));
        // The clock steps forward by two days. It has to be proven again.
        let two_days = 2 * day;
        for minute in 0..10 {
            let seconds = 660 + 60 * minute;
            assert_eq!(turn(two_days + seconds, 660 + 60 * minute.unsigned_abs()).await, (1, 1), "minute {minute}");
        }
        // It steps back, and so nothing was removed on its word.
        assert_eq!(turn(1260, 1260).await, (1, 1));
        for minute in 1..=20 {
            turn(1260 + 60 * minute, 1260 + 60 * minute.unsigned_abs()).await;
        }
        assert_eq!(left().await, (1, 1));
        // Two days pass.
        for minute in 0..20 {
            let seconds = two_days + 60 * minute;
            turn(seconds, seconds.unsigned_abs()).await;
        }
        assert_eq!(left().await, (1, 0));
    }

    /// Creates an organization, and returns its id and that of its owner token.
    async fn new_organization(store: &Store, name: &str) -> (Uuid, Uuid) {
        let created = bootstrap(store, name.to_owned(), |_, _| Ok(())).await.unwrap();
        (created.organization_id, created.token_id)
    }
}
