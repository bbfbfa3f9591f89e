//! Revocation of tokens.

use uuid::Uuid;

use crate::audit::Action;
use crate::store::read_set::ReadSet;
use crate::store::unit_of_work::{ChangeContext, UnitOfWork};
use crate::store::{ChangeError, Store};
use crate::tokens::{Denied, TokenRecord};

impl Store {
    /// Revokes a token on behalf of the caller; with `descendants`, also the tokens that it created, directly or through others. A
    /// token that was revoked before keeps its time of revocation.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] if a rule denies it.
    pub async fn revoke_token(
        &self,
        context: ChangeContext,
        target: Uuid,
        descendants: bool,
    ) -> Result<(), ChangeError> {
        let reads = reads(&context, target, descendants);
        self.change(context, reads, move |unit| {
            revoke_as_caller(unit, target, descendants)?;
            Ok(())
        })
        .await
    }

    /// Revokes a token on behalf of the operator. Returns the number of tokens that it revoked.
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
    let caller = context.origin.actor.filter(|caller| *caller != target);
    ReadSet {
        tokens: caller.into_iter().chain([target]).collect(),
        family_of: descendants.then_some(target),
        ..ReadSet::default()
    }
}

/// Revokes a token that the caller may act on.
pub(super) fn revoke_as_caller(unit: &mut UnitOfWork, target: Uuid, descendants: bool) -> Result<usize, Denied> {
    let caller = unit.caller()?;
    if !caller.may_act_on(unit.token(target)?) {
        return Err(Denied::NotCovered);
    }
    revoke(unit, target, descendants)
}

/// Revokes the tokens that are not revoked yet, and deletes their idempotency records. Returns their number.
fn revoke(unit: &mut UnitOfWork, target: Uuid, descendants: bool) -> Result<usize, Denied> {
    let target = unit.token(target)?.clone();
    let family = if descendants { unit.family().to_vec() } else { vec![target] };
    let active: Vec<_> = family.into_iter().filter(|record| record.revoked_at.is_none()).collect();
    let (now, count) = (unit.now(), active.len());
    for record in active {
        let id = record.id;
        unit.update(TokenRecord { revoked_at: Some(now), ..record });
        unit.forget_caller(id);
        unit.record(id, Action::Revoked);
    }
    Ok(count)
}
