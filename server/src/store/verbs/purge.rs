//! Removal of inactive tokens and old idempotency records, in small transactions that do not delay other changes.

use std::collections::BTreeSet;
use std::time::Instant;

use uuid::Uuid;

use crate::audit::Action;
use crate::idempotency;
use crate::store::read_set::{Outdated, Purgeable, ReadSet};
use crate::store::unit_of_work::{ChangeContext, UnitOfWork};
use crate::store::{ChangeError, Store};
use crate::timestamp::Timestamp;

/// The maximum number of rows that a transaction removes.
const BATCH: usize = 50;

/// The pause after a transaction, as a multiple of its time: requests have the writer and the processors for the rest.
const PAUSE: u32 = 3;

/// The time for which a token stays readable after it was revoked or expired.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Seconds.
    pub seconds: i64,
}

/// The reason why tokens are inactive.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Inactive {
    /// They were revoked.
    Revoked,
    /// They expired.
    Expired,
}

impl Store {
    /// Removes the tokens of all organizations that have been inactive for longer than `retention`, and idempotency records that are
    /// older than a day. Returns the number of removed rows. `now` has to be proven, because nothing brings back what is removed.
    ///
    /// A token that created others stays until they are removed or marked, because `descendants` finds them through it.
    ///
    /// # Errors
    /// Fails if the database is busy or cannot be written.
    pub async fn purge(&self, retention: Retention, now: Timestamp) -> Result<usize, ChangeError> {
        let before = now.plus_seconds(-retention.seconds);
        let stored_until = now.plus_seconds(-idempotency::RETENTION / 1000);
        let mut removed = 0;
        for organization_id in self.organization_ids().await? {
            for inactive in [Inactive::Revoked, Inactive::Expired] {
                removed += self.purge_tokens(organization_id, inactive, before).await?;
            }
            removed += self.purge_records(organization_id, stored_until).await?;
        }
        Ok(removed)
    }

    /// Removes the tokens that have been inactive since before a time. Candidates are read without the writer, each once: a token that
    /// has to wait for others costs no write, and becomes a candidate again when one that it created is removed.
    async fn purge_tokens(
        &self,
        organization_id: Uuid,
        inactive: Inactive,
        before: Timestamp,
    ) -> Result<usize, ChangeError> {
        let (mut removed, mut from, mut pending) = (0, Some(Timestamp::from_millis(i64::MIN)), Vec::new());
        loop {
            if pending.is_empty() {
                let Some(time) = from else { return Ok(removed) };
                (pending, from) = self.purge_candidates(organization_id, inactive, time, before).await?;
                continue;
            }
            let batch = pending.split_off(pending.len().saturating_sub(BATCH));
            // The creator of several tokens was added for each.
            let candidates = batch.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            let purgeable = Some(Purgeable { candidates, before });
            let reads = ReadSet { purgeable, ..ReadSet::default() };
            let context = ChangeContext::without_caller(organization_id);
            let purged = paced(self.change(context, reads, |unit| Ok(purge_tokens(unit)))).await?;
            removed += purged.len();
            pending.extend(purged.into_iter().flatten());
        }
    }

    /// Removes the idempotency records that were stored until a time.
    async fn purge_records(&self, organization_id: Uuid, stored_until: Timestamp) -> Result<usize, ChangeError> {
        let mut removed = 0;
        while self.has_outdated_records(organization_id, stored_until).await? {
            let outdated = Some(Outdated { stored_until, limit: BATCH });
            let reads = ReadSet { outdated, ..ReadSet::default() };
            let context = ChangeContext::without_caller(organization_id);
            removed += paced(self.change(context, reads, |unit| Ok(purge_records(unit)))).await?;
        }
        Ok(removed)
    }
}

/// Runs a change, and pauses after it.
async fn paced<T>(change: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = change.await;
    tokio::time::sleep(begun.elapsed() * PAUSE).await;
    result
}

/// Removes the purgeable tokens. Returns the creator of each.
fn purge_tokens(unit: &mut UnitOfWork) -> Vec<Option<Uuid>> {
    let purgeable = unit.purgeable().to_vec();
    for record in &purgeable {
        unit.delete(record.id);
        unit.record(record.id, Action::Purged);
    }
    purgeable.into_iter().map(|record| record.created_by).collect()
}

/// Removes the outdated idempotency records. Returns their number.
fn purge_records(unit: &mut UnitOfWork) -> usize {
    let records = unit.outdated().to_vec();
    let count = records.len();
    unit.delete_idempotency_records(records);
    count
}
