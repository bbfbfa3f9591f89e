//! The audit log: its pages, and the verification of its chains.

use uuid::Uuid;

use super::{Page, Store, StoreError, sqlite};
use crate::audit::{ChainHead, Event};

/// The result of the verification of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainStatus {
    /// Every event is unaltered, up to the head.
    Intact {
        /// The head.
        head: ChainHead,
    },
    /// The event with this sequence was altered, removed or inserted.
    Broken {
        /// The sequence.
        sequence: i64,
    },
    /// The newest events were removed.
    Truncated {
        /// The newest event that is left.
        head: ChainHead,
        /// The newest event that was written.
        expected: ChainHead,
    },
}

impl Store {
    /// At most `limit` events of an organization, oldest first, after the event `after`. An unknown `after` gives no events.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn events(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Page<Event>, StoreError> {
        self.read(move |connection| {
            Ok(Page::of(sqlite::audit::list(connection, organization_id, after, limit)?, limit, |event| event.id))
        })
        .await
    }

    /// The number of events that an organization has to have.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn event_count(&self, organization_id: Uuid) -> Result<u64, StoreError> {
        let head = self.read(move |connection| sqlite::audit::head(connection, organization_id)).await?;
        Ok(head.and_then(|head| u64::try_from(head.sequence).ok()).unwrap_or_default())
    }

    /// Verifies an organization's chain from its first event to its last. `seen` is called for each event.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn verify_events(
        &self,
        organization_id: Uuid,
        seen: impl Fn() + Send + 'static,
    ) -> Result<ChainStatus, StoreError> {
        self.read(move |connection| {
            let (mut found, mut broken) = (ChainHead::START, false);
            let expected = sqlite::audit::visit_chain(connection, organization_id, |event| {
                let next = event.and_then(|event| found.follow(&event));
                broken = next.is_none();
                found = next.unwrap_or(found);
                seen();
                !broken
            })?;
            Ok(if broken {
                ChainStatus::Broken { sequence: found.sequence + 1 }
            } else if found == expected {
                ChainStatus::Intact { head: found }
            } else if found.sequence < expected.sequence {
                ChainStatus::Truncated { head: found, expected }
            } else {
                ChainStatus::Broken { sequence: expected.sequence }
            })
        })
        .await
    }
}
