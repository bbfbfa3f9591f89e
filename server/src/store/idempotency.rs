//! Stored responses to idempotent requests.

use uuid::Uuid;

use super::unit_of_work::Replay;
use super::{Store, StoreError, sqlite};
use crate::idempotency::KeyHash;
use crate::timestamp::Timestamp;

impl Store {
    /// The stored response to a caller's request with this key, from within the last day.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn replay(
        &self,
        organization_id: Uuid,
        caller: Uuid,
        key: KeyHash,
        now: Timestamp,
    ) -> Result<Option<Replay>, StoreError> {
        self.read(move |connection| {
            let found = sqlite::idempotency::find(connection, (organization_id, caller), key, now)?;
            let Some(record) = found else { return Ok(None) };
            // Read after the response, so a caller that was narrowed since is seen.
            let caller = sqlite::tokens::find(connection, organization_id, caller)?;
            Ok(Some(Replay { record, scopes: caller.map(|caller| caller.scopes).unwrap_or_default() }))
        })
        .await
    }
}
