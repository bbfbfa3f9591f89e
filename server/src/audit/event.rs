//! Audit events, before and after they are appended to a chain.

use uuid::Uuid;

use super::{Hash, Origin};
use crate::timestamp::Timestamp;
use crate::tokens::RefusalReason;

/// The action of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The token was created.
    Created,
    /// The token was updated.
    Updated {
        /// The contract's names of the changed fields.
        changed: Vec<&'static str>,
    },
    /// The token was rotated.
    Rotated {
        /// The id of the successor.
        successor: Uuid,
    },
    /// The token was revoked.
    Revoked,
    /// The token was rejected.
    Refused {
        /// The reason.
        reason: RefusalReason,
        /// The number of rejections since the last such event.
        count: u64,
    },
    /// The token was deleted by a purge.
    Purged,
}

/// An event to append.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The organization.
    pub organization_id: Uuid,
    /// The token.
    pub token_id: Uuid,
    /// The time.
    pub occurred_at: Timestamp,
    /// The action.
    pub action: Action,
    /// The origin.
    pub origin: Origin,
}

/// A stored event. The values are plain, so an event that another version wrote is read unaltered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The id.
    pub id: Uuid,
    /// The organization.
    pub organization_id: Uuid,
    /// The position in the chain, from 1.
    pub sequence: i64,
    /// The time.
    pub occurred_at: Timestamp,
    /// The name of the action.
    pub action: String,
    /// The token.
    pub token_id: Uuid,
    /// The token that performed the action; `None` for the operator and the server.
    pub actor_id: Option<Uuid>,
    /// The successor of a rotation.
    pub successor_id: Option<Uuid>,
    /// The fields that an update changed.
    pub changed: Vec<String>,
    /// The reason of a refusal.
    pub reason: Option<String>,
    /// The number of refusals.
    pub count: Option<i64>,
    /// The client's address.
    pub address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// The hash of the event and of its predecessor's hash.
    pub hash: Hash,
}

impl Action {
    /// The name in the contract.
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
    /// The event without its hash.
    pub(super) fn into_event(self, id: Uuid, sequence: i64) -> Event {
        let Self { organization_id, token_id, occurred_at, action, origin } = self;
        let mut event = Event {
            id,
            organization_id,
            sequence,
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
            request_id: origin.request_id.map(|id| id.to_string()),
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
