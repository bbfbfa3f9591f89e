//! Stored responses to idempotent requests.

use uuid::Uuid;

use super::unit_of_work::IdempotencyRecord;
use super::{Store, StoreError, sqlite};
use crate::idempotency::KeyHash;
use crate::timestamp::Timestamp;

impl Store {
    /// The stored response to a caller's request with this key, from within the last day.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn idempotency_record(
        &self,
        organization_id: Uuid,
        caller: Uuid,
        key: KeyHash,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.read(move |connection| sqlite::idempotency::find(connection, (organization_id, caller), key, now)).await
    }
}
