//! Removal of inactive tokens and old idempotency records, in small transactions that do not delay other changes.

use crate::audit::Action;
use crate::store::read_set::{Purgeable, ReadSet};
use crate::store::unit_of_work::{ChangeContext, UnitOfWork};
use crate::store::{ChangeError, Store};
use crate::timestamp::Timestamp;

/// The maximum number of rows that a transaction removes.
const BATCH: u32 = 200;

/// The time for which a token stays readable after it was revoked or expired.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Seconds.
    pub seconds: i64,
}

impl Store {
    /// Removes the tokens of all organizations that have been inactive for longer than `retention`, and idempotency records that are
    /// older than a day. Returns the number of removed rows.
    ///
    /// A token that created others stays until they are removed, because `descendants` finds them through it.
    ///
    /// # Errors
    /// Fails if the database is busy or cannot be written.
    pub async fn purge(&self, retention: Retention, now: Timestamp) -> Result<usize, ChangeError> {
        let purgeable = Some(Purgeable { before: now.plus_seconds(-retention.seconds), limit: BATCH });
        let mut removed = 0;
        for organization_id in self.organization_ids().await? {
            loop {
                let context = ChangeContext::without_caller(organization_id, now);
                let reads = ReadSet { purgeable, ..ReadSet::default() };
                let batch = self.change(context, reads, |unit| Ok(purge(unit))).await?;
                removed += batch;
                if batch == 0 {
                    break;
                }
            }
        }
        Ok(removed)
    }
}

/// Removes the purgeable rows. Returns their number.
fn purge(unit: &mut UnitOfWork) -> usize {
    let (tokens, records) = unit.purgeable();
    let count = tokens.len() + records.len();
    for id in tokens {
        unit.delete(id);
        unit.record(id, Action::Purged);
    }
    unit.delete_idempotency_records(records);
    count
}
