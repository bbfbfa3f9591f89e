//! The chain: the hash of an event covers all of it and the hash of the event before.
//!
//! A row that is altered, removed or put in between changes every hash after it. The last rows could be cut off
//! unnoticed, so the organization's row names the last one; and who rewrites the whole chain is found by whoever kept a
//! hash of it, as a reader of the events does.

use std::fmt;

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Event, NewEvent};

/// The hash of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first event.
    pub const START: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The end of a chain: how many events it has, and the hash of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub sequence: i64,
    pub hash: Hash,
}

impl Link {
    /// The end of a chain without events.
    pub const START: Self = Self { sequence: 0, hash: Hash::START };

    /// The event that comes next, and with it the new end.
    #[must_use]
    pub fn append(self, new: NewEvent, id: Uuid) -> (Event, Self) {
        let mut event = new.plain(id);
        event.sequence = self.sequence + 1;
        event.hash = hash(self.hash, &event);
        let end = Self { sequence: event.sequence, hash: event.hash };
        (event, end)
    }

    /// The new end after `event`, if that is what comes next and nothing of it was changed.
    #[must_use]
    pub fn follow(self, event: &Event) -> Option<Self> {
        let follows = event.sequence == self.sequence + 1 && event.hash == hash(self.hash, event);
        follows.then_some(Self { sequence: event.sequence, hash: event.hash })
    }
}

/// The fields go in as one JSON array, which no two events share.
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
    use crate::audit::{Action, Origin, Reason, UserAgent};
    use crate::tokens::Timestamp;

    fn event(action: Action) -> NewEvent {
        let origin = Origin {
            actor: Some(Uuid::from_u128(3)),
            address: Some([127, 0, 0, 1].into()),
            user_agent: Some(UserAgent::new(b"test")),
            request_id: Some("r".into()),
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
    fn a_change_of_any_field_breaks_the_chain() {
        let actions = [
            Action::Created,
            Action::Updated { changed: vec!["name", "scopes"] },
            Action::Rotated { successor: Uuid::from_u128(9) },
            Action::Refused { reason: Reason::Rotated, count: 7 },
        ];
        for action in actions {
            let (good, end) = Link::START.append(event(action), Uuid::from_u128(1));
            assert_eq!(Link::START.follow(&good), Some(end));
            assert_eq!(end.follow(&good), None, "it has its place");
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
                assert_eq!(Link::START.follow(&bad), None, "change {index} of {good:?}");
            }
        }
    }

    /// Whoever writes an event anew, its own hash included, has to write all that follow anew.
    #[test]
    fn an_event_hangs_on_all_that_came_before() {
        let (_, end) = Link::START.append(event(Action::Created), Uuid::from_u128(1));
        let (second, _) = end.append(event(Action::Revoked), Uuid::from_u128(2));
        assert!(end.follow(&second).is_some());
        let (_, other) = Link::START.append(event(Action::Purged), Uuid::from_u128(1));
        assert_eq!(other.follow(&second), None);
    }
}
