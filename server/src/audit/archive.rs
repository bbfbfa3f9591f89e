//! Archives: the events of chains as JSON lines, which can be verified without the database.
//!
//! The events of an organization follow a header with the two ends of its part of the chain. A part that begins where that of an earlier
//! archive ends continues it.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use aether_api::runtime::DateTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ChainHead, Event, Hash};
use crate::input;
use crate::timestamp::Timestamp;

/// The header of an organization's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The organization.
    pub organization_id: Uuid,
    /// The event before the first one.
    pub after: Ends,
    /// The last event.
    pub last: Ends,
}

/// An end of a part of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// The sequence of the event; 0 before the first one.
    pub sequence: i64,
    /// The hash of the event, in hex.
    pub hash: String,
}

/// An event with the names of the contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivedEvent {
    id: Uuid,
    org_id: Uuid,
    sequence: i64,
    occurred_at: String,
    action: String,
    token_id: Uuid,
    actor_id: Option<Uuid>,
    successor_id: Option<Uuid>,
    changed: Vec<String>,
    reason: Option<String>,
    count: Option<i64>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    hash: String,
}

/// A line of an archive.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Header(Header),
    Event(Box<ArchivedEvent>),
}

/// Archives that were read and verified, one after the other.
#[derive(Debug, Default)]
pub struct Archive {
    /// The part of each organization, which consecutive archives prolong.
    pub parts: BTreeMap<Uuid, Header>,
}

/// The reason why an archive is not intact.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file that cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A file without a header, of which everything may be missing.
    #[error("the file is empty")]
    Empty,
    /// A line that is neither a header nor an event.
    #[error("line {line} is neither a header nor an event of an archive")]
    Malformed {
        /// The number of the line, from 1.
        line: usize,
    },
    /// An event that does not follow the one before it.
    #[error("line {line}: the event {sequence} of {organization_id} was altered, removed or inserted")]
    Broken {
        /// The number of the line, from 1.
        line: usize,
        /// The organization of the part.
        organization_id: Uuid,
        /// The expected sequence.
        sequence: i64,
    },
    /// A part that ends before the end in its header.
    #[error("the events {from} to {to} of {organization_id} are missing")]
    Truncated {
        /// The organization.
        organization_id: Uuid,
        /// The first missing event.
        from: i64,
        /// The last missing event.
        to: i64,
    },
    /// A part whose header has another end than its events.
    #[error("the events of {organization_id} do not end with the hash of their header")]
    OtherEnd {
        /// The organization.
        organization_id: Uuid,
    },
    /// A part that does not continue that of the archive before.
    #[error(
        "the events of {organization_id} do not continue those of the archive before, which end with the event {sequence}"
    )]
    Gap {
        /// The organization.
        organization_id: Uuid,
        /// The last event of the archive before.
        sequence: i64,
    },
}

impl From<ChainHead> for Ends {
    fn from(head: ChainHead) -> Self {
        Self { sequence: head.sequence, hash: head.hash.to_string() }
    }
}

impl Ends {
    /// The end as the head of a chain; none if its hash is malformed.
    #[must_use]
    pub fn head(&self) -> Option<ChainHead> {
        Some(ChainHead { sequence: self.sequence, hash: self.hash.parse().ok()? })
    }
}

impl From<Event> for ArchivedEvent {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            org_id: event.organization_id,
            sequence: event.sequence,
            occurred_at: DateTime(event.occurred_at.into()).to_string(),
            action: event.action,
            token_id: event.token_id,
            actor_id: event.actor_id,
            successor_id: event.successor_id,
            changed: event.changed,
            reason: event.reason,
            count: event.count,
            address: event.address,
            user_agent: event.user_agent,
            request_id: event.request_id,
            hash: event.hash.to_string(),
        }
    }
}

impl ArchivedEvent {
    /// The event; none if its time or its hash is malformed.
    fn into_event(self) -> Option<Event> {
        Some(Event {
            id: self.id,
            organization_id: self.org_id,
            sequence: self.sequence,
            occurred_at: Timestamp::parse(&self.occurred_at)?,
            action: self.action,
            token_id: self.token_id,
            actor_id: self.actor_id,
            successor_id: self.successor_id,
            changed: self.changed,
            reason: self.reason,
            count: self.count,
            address: self.address,
            user_agent: self.user_agent,
            request_id: self.request_id,
            hash: self.hash.parse().ok()?,
        })
    }
}

/// The part of an organization that is being read.
struct Open {
    header: Header,
    found: ChainHead,
    last: ChainHead,
}

impl Archive {
    /// Reads a further archive, and verifies it. `seen` is called with the hash of each event.
    ///
    /// # Errors
    /// Fails if the archive is not intact, or does not continue the ones before.
    pub fn read(&mut self, lines: impl BufRead, mut seen: impl FnMut(Hash)) -> Result<(), ArchiveError> {
        let (mut open, mut is_empty): (Option<Open>, _) = (None, true);
        for (number, text) in (1..).zip(input::lines(lines)) {
            let malformed = ArchiveError::Malformed { line: number };
            is_empty = false;
            let Ok(line) = serde_json::from_str(&text?) else { return Err(malformed) };
            match line {
                Line::Header(header) => {
                    self.close(open.take())?;
                    let (Some(found), Some(last)) = (header.after.head(), header.last.head()) else {
                        return Err(malformed);
                    };
                    self.require_continuation(&header)?;
                    open = Some(Open { header, found, last });
                }
                Line::Event(event) => {
                    let (Some(open), Some(event)) = (&mut open, event.into_event()) else { return Err(malformed) };
                    let organization_id = open.header.organization_id;
                    let follows = open.found.follow(&event).filter(|_| event.organization_id == organization_id);
                    let sequence = open.found.sequence + 1;
                    let broken = ArchiveError::Broken { line: number, organization_id, sequence };
                    open.found = follows.ok_or(broken)?;
                    seen(open.found.hash);
                }
            }
        }
        if is_empty {
            return Err(ArchiveError::Empty);
        }
        self.close(open)
    }

    /// The hashes at the ends of all parts, which the chains of a database have to contain.
    pub fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.parts.values().flat_map(|header| [&header.after, &header.last]).filter_map(|end| Some(end.head()?.hash))
    }

    fn require_continuation(&self, header: &Header) -> Result<(), ArchiveError> {
        let organization_id = header.organization_id;
        match self.parts.get(&organization_id) {
            Some(before) if before.last != header.after => {
                Err(ArchiveError::Gap { organization_id, sequence: before.last.sequence })
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self, open: Option<Open>) -> Result<(), ArchiveError> {
        let Some(Open { header, found, last }) = open else { return Ok(()) };
        let organization_id = header.organization_id;
        if found.sequence < last.sequence {
            return Err(ArchiveError::Truncated { organization_id, from: found.sequence + 1, to: last.sequence });
        }
        if found != last {
            return Err(ArchiveError::OtherEnd { organization_id });
        }
        let part = self.parts.entry(organization_id).or_insert_with(|| header.clone());
        part.last = header.last;
        Ok(())
    }
}
