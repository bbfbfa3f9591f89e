//! The rows that a change reads. They are known before the change begins.

use uuid::Uuid;

use super::unit_of_work::ChangeContext;
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
    /// A token to read with its descendants, the tokens that it created directly or through others. Revoked ones are omitted.
    pub(super) with_descendants: Option<Uuid>,
    /// The rows that a purge may remove.
    pub(super) purgeable: Option<Purgeable>,
}

impl ReadSet {
    /// The caller and the target of a change.
    pub(super) fn of(context: &ChangeContext, target: Option<Uuid>) -> Self {
        let caller = context.origin.actor;
        let target = target.filter(|target| Some(*target) != caller);
        Self { tokens: caller.into_iter().chain(target).collect(), ..Self::default() }
    }
}

/// The condition of a purge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purgeable {
    /// Tokens that were revoked or expired before this time.
    pub(super) before: Timestamp,
    /// The maximum number of rows of each kind.
    pub(super) limit: u32,
}
