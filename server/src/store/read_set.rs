//! The rows that a change reads. They are known before the change begins.

use uuid::Uuid;

use super::unit_of_work::ChangeContext;
use super::walk::Walk;
use crate::idempotency::KeyHash;
use crate::timestamp::Timestamp;

/// The rows that a change reads, all of one organization.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadSet {
    /// Tokens by id: the caller and the target.
    pub(super) tokens: Vec<Uuid>,
    /// The record of a caller's idempotency key.
    pub(super) idempotency: Option<(Uuid, KeyHash)>,
    /// The number of tokens that count toward the organization's limit, up to this number.
    pub(super) counted_up_to: Option<u32>,
    /// The token to read the predecessor of.
    pub(super) predecessor_of: Option<Uuid>,
    /// The token whose unmarked children are looked for.
    pub(super) children_of: Option<Uuid>,
    /// Whether to read the newest id of a token, for a change that adds one.
    pub(super) newest_id: bool,
    /// The next steps of a walk.
    pub(super) walk: Option<Walk>,
    /// The tokens that a purge may remove.
    pub(super) purgeable: Option<Purgeable>,
    /// The idempotency records that a purge may remove.
    pub(super) outdated: Option<Outdated>,
}

impl ReadSet {
    /// The caller and the target of a change.
    pub(super) fn of(context: &ChangeContext, target: Option<Uuid>) -> Self {
        let caller = context.origin.actor;
        let target = target.filter(|target| Some(*target) != caller);
        Self { tokens: caller.into_iter().chain(target).collect(), ..Self::default() }
    }
}

/// The tokens that a purge may remove.
#[derive(Debug, Clone)]
pub(super) struct Purgeable {
    /// The candidates.
    pub(super) candidates: Vec<Uuid>,
    /// Those that were revoked or expired before this time can be removed.
    pub(super) before: Timestamp,
}

/// The idempotency records that a purge may remove.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outdated {
    /// Those that are as old or older.
    pub(super) stored_until: Timestamp,
    /// The maximum number.
    pub(super) limit: usize,
}
