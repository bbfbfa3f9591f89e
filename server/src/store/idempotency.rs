//! Stored responses to idempotent requests.

use uuid::Uuid;

use super::read_set::Outdated;
use super::unit_of_work::Replay;
use super::{Store, StoreError, sqlite};
use crate::idempotency::KeyHash;
use crate::timestamp::Timestamp;

impl Store {
    /// The stored response to a caller's request with this key. It is found until it is removed, whatever the clock shows: a clock that
    /// steps forward would otherwise make a retry a second request. It is removed when it is over a day old by a proven clock.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn replay(
        &self,
        organization_id: Uuid,
        caller: Uuid,
        key: KeyHash,
    ) -> Result<Option<Replay>, StoreError> {
        self.read(move |connection| {
            let found = sqlite::idempotency::find(connection, (organization_id, caller), key)?;
            let Some(record) = found else { return Ok(None) };
            // Read after the response, so a caller that was narrowed since is seen.
            let caller = sqlite::tokens::find(connection, organization_id, caller)?;
            Ok(Some(Replay { record, scopes: caller.map(|caller| caller.scopes).unwrap_or_default() }))
        })
        .await
    }

    /// Whether an organization has responses that were stored until a time.
    pub(super) async fn has_outdated_records(
        &self,
        organization_id: Uuid,
        stored_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let outdated = Outdated { stored_until, limit: 1 };
        self.read(move |connection| {
            Ok(!sqlite::idempotency::outdated(connection, organization_id, outdated)?.is_empty())
        })
        .await
    }
}
