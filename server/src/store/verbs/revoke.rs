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
    ReadSet { with_descendants: descendants.then_some(target), ..ReadSet::of(context, Some(target)) }
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
    let records = if descendants { unit.with_descendants().to_vec() } else { vec![target] };
    let records: Vec<_> = records.into_iter().filter(|record| record.revoked_at.is_none()).collect();
    let (now, count) = (unit.now(), records.len());
    for record in records {
        let id = record.id;
        unit.update(TokenRecord { revoked_at: Some(now), ..record });
        unit.delete_idempotency_records_of(id);
        unit.record(id, Action::Revoked);
    }
    Ok(count)
}
