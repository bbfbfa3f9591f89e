//! The chain: the hash of an event covers the event and the hash of the event before.
//!
//! A row that is altered, removed or inserted changes every hash after it. The head is stored in the organization's row, so the removal of
//! the newest rows is found, too. A chain that is rewritten completely differs from any hash that a reader of the events has kept.

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Event, Hash, NewEvent};

/// The head of a chain: the newest event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The sequence of the newest event, which is the number of events.
    pub sequence: i64,
    /// The hash of the newest event.
    pub hash: Hash,
}

impl ChainHead {
    /// The head of a chain without events.
    pub const START: Self = Self { sequence: 0, hash: Hash::START };

    /// The head after an event.
    #[must_use]
    pub const fn of(event: &Event) -> Self {
        Self { sequence: event.sequence, hash: event.hash }
    }

    /// The event as the next one of the chain.
    #[must_use]
    pub fn append(self, new: NewEvent, id: Uuid) -> Event {
        let mut event = new.into_event(id, self.sequence + 1);
        event.hash = hash(self.hash, &event);
        event
    }

    /// The head after `event`, if the event is the next one and unaltered.
    #[must_use]
    pub fn follow(self, event: &Event) -> Option<Self> {
        let follows = event.sequence == self.sequence + 1 && event.hash == hash(self.hash, event);
        follows.then(|| Self::of(event))
    }
}

impl Default for ChainHead {
    fn default() -> Self {
        Self::START
    }
}

/// The fields are hashed as one JSON array, so different events have different inputs.
fn hash(before: Hash, event: &Event) -> Hash {
    let Event {
        id,
        organization_id,
        sequence,
        occurred_at,
        action,
        token_id,
        actor_id,
        successor_id,
        changed,
        reason,
        count,
        address,
        user_agent,
        request_id,
        hash: _,
    } = event;
    let fields = json!([
        sequence,
        id,
        organization_id,
        occurred_at.as_millis(),
        action,
        token_id,
        actor_id,
        successor_id,
        changed,
        reason,
        count,
        address,
        user_agent,
        request_id,
    ]);
    Hash(Sha256::new().chain_update(before.0).chain_update(fields.to_string()).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Action, Origin, UserAgent};
    use crate::timestamp::Timestamp;
    use crate::tokens::RefusalReason;

    fn event(action: Action) -> NewEvent {
        let origin = Origin {
            actor: Some(Uuid::from_u128(3)),
            address: Some([127, 0, 0, 1].into()),
            user_agent: Some(UserAgent::new(b"test")),
            request_id: Some(Uuid::from_u128(4)),
        };
        NewEvent {
            organization_id: Uuid::nil(),
            token_id: Uuid::from_u128(2),
            occurred_at: Timestamp::from_millis(5),
            action,
            origin,
        }
    }

    #[test]
    fn altered_field_breaks_the_chain() {
        let actions = [
            Action::Created,
            Action::Updated { changed: vec!["name", "scopes"] },
            Action::Rotated { successor: Uuid::from_u128(9) },
            Action::Refused { reason: RefusalReason::Rotated, count: 7 },
        ];
        for action in actions {
            let good = ChainHead::START.append(event(action), Uuid::from_u128(1));
            let head = ChainHead::of(&good);
            assert_eq!(ChainHead::START.follow(&good), Some(head));
            assert_eq!(head.follow(&good), None, "an event follows its predecessor only");
            let changes: [fn(&mut Event); 14] = [
                |it| it.id = Uuid::nil(),
                |it| it.organization_id = Uuid::from_u128(8),
                |it| it.sequence = 2,
                |it| it.occurred_at = Timestamp::from_millis(6),
                |it| it.action.push('x'),
                |it| it.token_id = Uuid::nil(),
                |it| it.actor_id = None,
                |it| it.successor_id = Some(Uuid::nil()),
                |it| it.changed = vec!["name,scopes".into()],
                |it| it.reason = Some("other".into()),
                |it| it.count = Some(1),
                |it| it.address = None,
                |it| it.user_agent = Some("other".into()),
                |it| it.request_id = None,
            ];
            for (index, change) in changes.into_iter().enumerate() {
                let mut bad = good.clone();
                change(&mut bad);
                assert_eq!(ChainHead::START.follow(&bad), None, "change {index} of {good:?}");
            }
        }
    }

    #[test]
    fn rewritten_event_breaks_the_event_after_it() {
        let head = |action| ChainHead::of(&ChainHead::START.append(event(action), Uuid::from_u128(1)));
        let second = head(Action::Created).append(event(Action::Revoked), Uuid::from_u128(2));
        assert!(head(Action::Created).follow(&second).is_some());
        assert_eq!(head(Action::Purged).follow(&second), None);
    }
}
