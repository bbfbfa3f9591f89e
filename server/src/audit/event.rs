//! One event, before and after it has its place in the chain.

use uuid::Uuid;

use super::{Hash, Origin};
use crate::tokens::Timestamp;

/// Why a known token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    Revoked,
    Expired,
    /// It has a successor, and its grace is over.
    Rotated,
}

/// What happened to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Created,
    Updated {
        /// The names of the fields that were changed.
        changed: Vec<&'static str>,
    },
    Rotated {
        successor: Uuid,
    },
    Revoked,
    Refused {
        reason: Reason,
        /// How often, since the last such event.
        count: u64,
    },
    Purged,
}

/// Something that happened, on its way into the chain.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub organization_id: Uuid,
    pub token_id: Uuid,
    pub occurred_at: Timestamp,
    pub action: Action,
    pub origin: Origin,
}

/// Something that happened, as it is kept: plain values, so that what is read is what was written, whichever version
/// wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub sequence: i64,
    pub occurred_at: Timestamp,
    pub action: String,
    pub token_id: Uuid,
    pub actor_id: Option<Uuid>,
    pub successor_id: Option<Uuid>,
    pub changed: Vec<String>,
    pub reason: Option<String>,
    pub count: Option<i64>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub hash: Hash,
}

impl Reason {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Rotated => "rotated",
        }
    }
}

impl Action {
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "api_token.created",
            Self::Updated { .. } => "api_token.updated",
            Self::Rotated { .. } => "api_token.rotated",
            Self::Revoked => "api_token.revoked",
            Self::Refused { .. } => "api_token.refused",
            Self::Purged => "api_token.purged",
        }
    }
}

impl NewEvent {
    /// The event without its place in a chain: `sequence` and `hash` are still to be said.
    pub(super) fn plain(self, id: Uuid) -> Event {
        let Self { organization_id, token_id, occurred_at, action, origin } = self;
        let mut event = Event {
            id,
            organization_id,
            sequence: 0,
            occurred_at,
            action: action.as_str().to_owned(),
            token_id,
            actor_id: origin.actor,
            successor_id: None,
            changed: Vec::new(),
            reason: None,
            count: None,
            address: origin.address.map(|address| address.to_string()),
            user_agent: origin.user_agent.map(|agent| agent.as_str().to_owned()),
            request_id: origin.request_id,
            hash: Hash::START,
        };
        match action {
            Action::Updated { changed } => event.changed = changed.into_iter().map(str::to_owned).collect(),
            Action::Rotated { successor } => event.successor_id = Some(successor),
            Action::Refused { reason, count } => {
                event.reason = Some(reason.as_str().to_owned());
                event.count = Some(i64::try_from(count).unwrap_or(i64::MAX));
            }
            Action::Created | Action::Revoked | Action::Purged => {}
        }
        event
    }
}
