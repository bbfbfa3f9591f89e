//! The audit log: its pages, its export, and its verification.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use super::sqlite::histories::Entry;
use super::{Page, Store, StoreError, sqlite};
use crate::audit::{ChainHead, Event, Hash, differences};
use crate::timestamp::Timestamp;

/// The maximum number of differences that a verification lists.
const LISTED: usize = 100;

/// The result of the verification of an organization.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The result for the chain.
    pub chain: ChainStatus,
    /// The first differences between the events and the tokens, as sentences.
    pub differences: Vec<String>,
    /// The number of further differences.
    pub more_differences: usize,
    /// The expected hashes that the chain has.
    pub found: HashSet<Hash>,
}

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

impl Verification {
    /// Whether no problem was found.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        matches!(self.chain, ChainStatus::Intact { .. }) && self.differences.is_empty()
    }

    fn add(&mut self, difference: String) {
        if self.differences.len() < LISTED {
            self.differences.push(difference);
        } else {
            self.more_differences += 1;
        }
    }
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

    /// The events after the sequence `after` and before the first one that is not older than `before`, at most `limit`.
    ///
    /// # Errors
    /// Fails if the database cannot be read, or an event is malformed.
    pub async fn older_events(
        &self,
        organization_id: Uuid,
        after: i64,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.read(move |connection| sqlite::audit::list_older(connection, organization_id, after, before, limit)).await
    }

    /// The newest event before the first one that is not older than `before`.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn newest_older_event(&self, organization_id: Uuid, before: Timestamp) -> Result<ChainHead, StoreError> {
        self.read(move |connection| sqlite::audit::newest_older(connection, organization_id, before)).await
    }

    /// Whether an organization's chain has an event with this sequence and hash. Every chain has its start.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn has_event(&self, organization_id: Uuid, event: ChainHead) -> Result<bool, StoreError> {
        if event == ChainHead::START {
            return Ok(true);
        }
        let hash =
            self.read(move |connection| sqlite::audit::hash_at(connection, organization_id, event.sequence)).await?;
        Ok(hash == Some(event.hash))
    }

    /// The number of events that an organization has to have.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn event_count(&self, organization_id: Uuid) -> Result<u64, StoreError> {
        let head = self.read(move |connection| sqlite::audit::head(connection, organization_id)).await?;
        Ok(head.and_then(|head| u64::try_from(head.sequence).ok()).unwrap_or_default())
    }

    /// The organizations that have no row, each with a table that has rows of it.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn orphans(&self) -> Result<Vec<(Uuid, &'static str)>, StoreError> {
        self.read(|connection| sqlite::audit::orphans(connection)).await
    }

    /// Verifies an organization's chain from its first event to its last, and compares the events with the tokens, at one time. `seen` is
    /// called for each event. The result tells which of the `expected` hashes the chain has.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn verify_events(
        &self,
        organization_id: Uuid,
        expected: Arc<HashSet<Hash>>,
        seen: impl Fn() + Send + 'static,
    ) -> Result<Verification, StoreError> {
        self.read(move |connection| {
            let transaction = connection.transaction()?;
            let (chain, found) = verify_chain(&transaction, organization_id, &expected, seen)?;
            let mut verification = Verification { chain, differences: Vec::new(), more_differences: 0, found };
            compare(&transaction, organization_id, |difference| verification.add(difference))?;
            Ok(verification)
        })
        .await
    }
}

fn verify_chain(
    connection: &Connection,
    organization_id: Uuid,
    expected: &HashSet<Hash>,
    seen: impl Fn(),
) -> Result<(ChainStatus, HashSet<Hash>), StoreError> {
    let (mut found, mut is_broken, mut known) = (ChainHead::START, false, HashSet::new());
    let head = sqlite::audit::visit_chain(connection, organization_id, |event| {
        let next = event.and_then(|event| found.follow(&event));
        is_broken = next.is_none();
        found = next.unwrap_or(found);
        known.extend(expected.get(&found.hash).copied());
        seen();
        !is_broken
    })?;
    let status = if is_broken {
        ChainStatus::Broken { sequence: found.sequence + 1 }
    } else if found == head {
        ChainStatus::Intact { head: found }
    } else if found.sequence < head.sequence {
        ChainStatus::Truncated { head: found, expected: head }
    } else {
        ChainStatus::Broken { sequence: head.sequence }
    };
    Ok((status, known))
}

/// Compares the events of each token with its row, and the rows with each other. `report` receives each difference as a sentence.
fn compare(connection: &Connection, organization_id: Uuid, mut report: impl FnMut(String)) -> Result<(), StoreError> {
    let begins = beginning_of_log(connection, organization_id, &mut report)?;
    sqlite::histories::visit(connection, organization_id, |Entry { id, history, row }| match row {
        Some(Err(error)) => report(format!("token {id} has a malformed row: {error}")),
        row => {
            let row = row.and_then(Result::ok);
            differences(id, history.as_ref(), row.as_ref(), begins).into_iter().for_each(&mut report);
        }
    })?;
    for id in sqlite::tokens::unmarked_children_of_marked(connection, organization_id)? {
        report(format!("token {id} is not revoked with all that it created, and its creator is marked as such"));
    }
    Ok(())
}

/// The time of the first event, if the organization is older than its log: a version without a log created it. Reports an organization
/// whose creation is not that of its first token.
fn beginning_of_log(
    connection: &Connection,
    organization_id: Uuid,
    report: &mut impl FnMut(String),
) -> Result<Option<Timestamp>, StoreError> {
    let Some((first, is_by_operator)) = sqlite::audit::first_event(connection, organization_id)? else {
        return Ok(Some(Timestamp::from_millis(i64::MAX)));
    };
    let created_at = sqlite::organizations::created_at(connection, organization_id)?;
    if !is_by_operator || created_at != Some(first) && !is_of_time(organization_id, first) {
        return Ok(Some(first));
    }
    if created_at != Some(first) {
        report("the organization has another created_at in its row than its first token has in the log".to_owned());
    }
    Ok(None)
}

/// Whether an id was made within a second of a time.
fn is_of_time(id: Uuid, time: Timestamp) -> bool {
    let made = id.get_timestamp().map(|made| made.to_unix());
    let millis = made.and_then(|(seconds, nanos)| i64::try_from(seconds * 1000 + u64::from(nanos) / 1_000_000).ok());
    millis.is_some_and(|millis| millis.abs_diff(time.as_millis()) <= 1000)
}
