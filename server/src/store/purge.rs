//! Getting rid of what is over, a little at a time, so that nobody waits for it.

use rusqlite::params;
use uuid::Uuid;

use super::change::{Change, ChangeError};
use super::{Store, answers};
use crate::audit::{Action, Origin};
use crate::tokens::Timestamp;

/// How much one transaction removes.
const BATCH: u32 = 200;

/// How long a token stays readable after it was revoked or expired.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Seconds.
    pub seconds: i64,
}

impl Store {
    /// Removes the tokens of all organizations that are over for longer than `retention`, and the answers that are kept
    /// for longer than a day. Returns how much was removed.
    ///
    /// A token that made others stays until they are gone, because `descendants` finds them through it.
    ///
    /// # Errors
    /// Where the database is busy or cannot be written.
    pub async fn purge(&self, retention: Retention, now: Timestamp) -> Result<usize, ChangeError> {
        let mut removed = 0;
        for organization in self.organization_ids().await? {
            loop {
                let batch = self.purge_batch(organization, retention, now).await?;
                removed += batch;
                if batch == 0 {
                    break;
                }
            }
        }
        Ok(removed)
    }

    async fn organization_ids(&self) -> Result<Vec<Uuid>, super::StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM organizations")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn purge_batch(
        &self,
        organization_id: Uuid,
        retention: Retention,
        now: Timestamp,
    ) -> Result<usize, ChangeError> {
        let change = Change { organization_id, now, origin: Origin::default() };
        self.change(change, move |changing| {
            let before = now.plus_seconds(-retention.seconds).as_millis();
            let sql = "
                SELECT id FROM (
                    SELECT id FROM api_tokens WHERE org_id = ?1 AND revoked_at IS NOT NULL AND revoked_at < ?2
                    UNION ALL
                    SELECT id FROM api_tokens WHERE org_id = ?1 AND revoked_at IS NULL AND expires_at < ?2
                ) AS over
                WHERE NOT EXISTS (SELECT 1 FROM api_tokens AS made WHERE made.org_id = ?1 AND made.created_by = over.id)
                LIMIT ?3";
            let over: Vec<Uuid> = changing
                .transaction
                .prepare_cached(sql)?
                .query_map(params![organization_id, before, BATCH], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in &over {
                answers::forget(changing.transaction, organization_id, *id)?;
                changing
                    .transaction
                    .prepare_cached("DELETE FROM api_tokens WHERE org_id = ? AND id = ?")?
                    .execute([organization_id, *id])?;
                changing.record(*id, Action::Purged)?;
            }
            let forgotten = answers::forget_old(changing.transaction, organization_id, now, BATCH)?;
            Ok(over.len() + forgotten)
        })
        .await
    }
}
