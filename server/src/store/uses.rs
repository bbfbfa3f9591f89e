//! When tokens were last used, recorded beside the requests and never on their way.
//!
//! The first use is recorded at once, later ones at most once a minute. What is waiting to be recorded is bounded; where
//! it is full, a use goes unrecorded, which only makes `last_used_at` older than it could be.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::params;
use tracing::warn;
use uuid::Uuid;

use super::Store;
use crate::tokens::{Timestamp, TokenRecord};

/// How long a recorded use is good enough, in milliseconds.
const INTERVAL: i64 = 60_000;

/// How many tokens may wait to have their use recorded.
const MAX_PENDING: usize = 512;

/// The tokens whose use is about to be recorded.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<HashSet<Uuid>>);

impl Pending {
    fn add(&self, id: Uuid) -> bool {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.len() < MAX_PENDING && pending.insert(id)
    }

    fn remove(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

impl Store {
    /// Records that a token was used, soon and without being waited for.
    pub fn record_use(&self, record: &TokenRecord, now: Timestamp) {
        let recent = |last: Timestamp| now.as_millis() - last.as_millis() < INTERVAL;
        if record.last_used_at.is_some_and(recent) || !self.uses.add(record.id) {
            return;
        }
        let (organization_id, id, pending) = (record.organization_id, record.id, Arc::clone(&self.uses));
        let submitted = self.writer.submit(move |connection| {
            // `max` keeps a clock that steps back from taking the time back with it.
            let sql = "UPDATE api_tokens SET last_used_at = max(coalesce(last_used_at, ?1), ?1) \
                       WHERE org_id = ?2 AND id = ?3";
            let recorded = connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute(params![now.as_millis(), organization_id, id]));
            pending.remove(id);
            if let Err(error) = recorded {
                warn!(%error, "a use was not recorded");
            }
        });
        if !submitted {
            self.uses.remove(id);
        }
    }
}
