//! The comparison of a token with its events.
//!
//! Events carry no name, no secret and no scope, so a change of these that has no event cannot be found by it.

use aether_api::runtime::DateTime;
use uuid::Uuid;

use super::Action;
use crate::timestamp::Timestamp;
use crate::tokens::TokenRecord;

/// The longest grace period of a rotation in the contract, in seconds.
const MAX_GRACE: i64 = 604_800;

/// An event, as far as the comparison needs it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The position in the chain.
    pub sequence: i64,
    /// The time.
    pub occurred_at: Timestamp,
    /// The name of the action.
    pub action: String,
    /// The token that performed the action.
    pub actor_id: Option<Uuid>,
    /// The successor of a rotation.
    pub successor_id: Option<Uuid>,
    /// Whether an update changed the expiry.
    pub changes_expiry: bool,
}

/// The state of a token that its events tell.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The time of the creation, and the creator.
    created: Option<(Timestamp, Option<Uuid>)>,
    /// The time of the rotation, and the successor.
    rotated: Option<(Timestamp, Uuid)>,
    has_expiry: bool,
    revoked_at: Option<Timestamp>,
    is_purged: bool,
    /// The sequence of the first event that cannot follow the ones before it.
    misplaced: Option<i64>,
}

impl History {
    /// The history with a further event. The events come in the order of the chain.
    pub fn add(&mut self, step: &Step) {
        let is = |action: &Action| step.action == action.as_str();
        let is_misplaced = if is(&Action::Created) {
            self.created.replace((step.occurred_at, step.actor_id)).is_some()
        } else if is(&Action::Rotated { successor: Uuid::nil() }) {
            let rotated = (step.occurred_at, step.successor_id.unwrap_or_default());
            self.rotated.replace(rotated).is_some()
        } else if is(&Action::Revoked) {
            self.revoked_at.replace(step.occurred_at).is_some()
        } else {
            false
        };
        if is_misplaced || self.is_purged {
            self.misplaced.get_or_insert(step.sequence);
        }
        self.has_expiry |= step.changes_expiry;
        self.is_purged |= is(&Action::Purged);
    }
}

/// The differences between the events of a token and its row, as sentences. `begins` is the time of the first event of the organization if
/// its tokens can be older than its log, as those of a database that had none.
#[must_use]
pub fn differences(
    id: Uuid,
    history: Option<&History>,
    row: Option<&TokenRecord>,
    begins: Option<Timestamp>,
) -> Vec<String> {
    let none = History::default();
    let history = history.unwrap_or(&none);
    let mut found = Vec::new();
    let mut differ = |text: String| found.push(format!("token {id} {text}"));
    if let Some(sequence) = history.misplaced {
        differ(format!("has the event {sequence}, which cannot follow the ones before it"));
    }
    let Some(row) = row else {
        if history.created.is_some() && !history.is_purged {
            differ("has no row, and the log has its creation and no purge".to_owned());
        }
        return found;
    };
    if history.is_purged {
        differ("has a row, and the log has its purge".to_owned());
        return found;
    }
    // A token that is older than the log can have been changed before it.
    let is_older = history.created.is_none() && begins.is_some_and(|begins| row.created_at < begins);
    match history.created {
        Some((created_at, created_by)) => {
            compare("created_at", Some(row.created_at), Some(created_at), time, &mut differ);
            compare("created_by", row.created_by, created_by, |id: Uuid| id.to_string(), &mut differ);
        }
        None if is_older => {}
        None => differ("has no creation in the log".to_owned()),
    }
    if history.rotated.is_some() || !is_older {
        let successor = history.rotated.map(|(_, successor)| successor);
        compare("rotated_to", row.rotated_to, successor, |id: Uuid| id.to_string(), &mut differ);
    }
    let was_revoked_before = is_older && begins.zip(row.revoked_at).is_some_and(|(begins, at)| at < begins);
    if history.revoked_at.is_some() || !was_revoked_before {
        compare("revoked_at", row.revoked_at, history.revoked_at, time, &mut differ);
    }
    let latest = history.rotated.map(|(rotated_at, _)| rotated_at.plus_seconds(MAX_GRACE));
    if latest.is_some_and(|latest| row.expires_at.is_none_or(|expires_at| expires_at > latest)) {
        differ("has a successor, and does not expire with the grace period of the rotation".to_owned());
    }
    if history.has_expiry && row.expires_at.is_none() {
        differ("has no expiry, and the log has the change of its expiry".to_owned());
    }
    if row.expired_seen_at.is_some_and(|seen| row.expires_at.is_none_or(|expires_at| expires_at > seen)) {
        differ("was seen expired before its expiry".to_owned());
    }
    if row.tree_revoked && row.revoked_at.is_none() {
        differ("is not revoked, and is marked as revoked with all that it created".to_owned());
    }
    found
}

fn compare<T: Copy + PartialEq>(
    column: &str,
    row: Option<T>,
    log: Option<T>,
    show: impl Fn(T) -> String,
    differ: &mut impl FnMut(String),
) {
    if row != log {
        let [row, log] = [row, log].map(|value| value.map_or_else(|| "none".to_owned(), &show));
        differ(format!("has the {column} {row} in its row, and {log} in the log"));
    }
}

fn time(timestamp: Timestamp) -> String {
    DateTime(timestamp.into()).to_string()
}
