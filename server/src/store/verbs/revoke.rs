//! Revocation of tokens.

use uuid::Uuid;

use crate::audit::Action;
use crate::store::read_set::ReadSet;
use crate::store::unit_of_work::{ChangeContext, UnitOfWork};
use crate::store::{ChangeError, Store};
use crate::tokens::{Denied, State, TokenRecord};

impl Store {
    /// Revokes a token on behalf of the caller; with `descendants`, also the tokens that it created, directly or through others. A
    /// token that was revoked before keeps its time of revocation. Returns the number of active tokens that it revoked.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] if a rule denies it.
    pub async fn revoke_token(
        &self,
        context: ChangeContext,
        target: Uuid,
        descendants: bool,
    ) -> Result<usize, ChangeError> {
        let reads = reads(&context, target, descendants);
        self.change(context, reads, move |unit| Ok(revoke_as_caller(unit, target, descendants)?)).await
    }

    /// Revokes a token on behalf of the operator. Returns the number of active tokens that it revoked.
    ///
    /// # Errors
    /// [`Denied::NotFound`] if the organization does not have the token.
    pub async fn revoke_token_as_operator(
        &self,
        context: ChangeContext,
        target: Uuid,
        descendants: bool,
    ) -> Result<usize, ChangeError> {
        let reads = reads(&context, target, descendants);
        self.change(context, reads, move |unit| Ok(revoke(unit, target, descendants)?)).await
    }
}

fn reads(context: &ChangeContext, target: Uuid, descendants: bool) -> ReadSet {
    ReadSet { with_descendants: descendants.then_some(target), ..ReadSet::of(context, Some(target)) }
}

/// Revokes tokens on behalf of the caller, which has to be allowed to act on the target and on every active descendant.
pub(super) fn revoke_as_caller(unit: &mut UnitOfWork, target: Uuid, descendants: bool) -> Result<usize, Denied> {
    let (caller, now) = (unit.caller()?, unit.now());
    let is_denied = |record: &TokenRecord| record.state(now) == State::Active && !caller.may_act_on(record);
    if !caller.may_act_on(unit.token(target)?) || unrevoked(unit, target, descendants)?.iter().any(is_denied) {
        return Err(Denied::NotCovered);
    }
    revoke(unit, target, descendants)
}

/// Revokes tokens, expired ones included, and deletes their idempotency records. Returns the number of active ones.
fn revoke(unit: &mut UnitOfWork, target: Uuid, descendants: bool) -> Result<usize, Denied> {
    let (now, mut count) = (unit.now(), 0);
    for record in unrevoked(unit, target, descendants)? {
        let id = record.id;
        count += usize::from(record.state(now) == State::Active);
        unit.update(TokenRecord { revoked_at: Some(now), ..record });
        unit.delete_idempotency_records_of(id);
        unit.record(id, Action::Revoked);
    }
    Ok(count)
}

/// The target and its descendants, without those that are revoked.
fn unrevoked(unit: &UnitOfWork, target: Uuid, descendants: bool) -> Result<Vec<TokenRecord>, Denied> {
    let target = unit.token(target)?.clone();
    let mut records = if descendants { unit.with_descendants().to_vec() } else { vec![target] };
    records.retain(|record| record.revoked_at.is_none());
    Ok(records)
}
