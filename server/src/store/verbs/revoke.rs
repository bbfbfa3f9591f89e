//! Revocation of tokens.

use uuid::Uuid;

use crate::audit::Action;
use crate::store::read_set::ReadSet;
use crate::store::unit_of_work::{ChangeContext, UnitOfWork};
use crate::store::walk::{Position, Step, Walk};
use crate::store::{ChangeError, Store};
use crate::timestamp::Timestamp;
use crate::tokens::{Actor, Denied, State, TokenRecord};

/// The maximum number of steps that a transaction makes, so that it delays others by milliseconds.
const BATCH: usize = 500;

/// The result of the steps of one transaction.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// The number of active tokens that were revoked.
    pub(super) count: usize,
    /// The position after the steps; `None` at the end of the walk.
    pub(super) next: Option<Position>,
    /// Whether the steps passed the caller.
    pub(super) has_spared: bool,
}

impl Store {
    /// Revokes a token on behalf of the caller; with `descendants`, also the tokens that it created, directly or through others. A
    /// token that was revoked before keeps its time of revocation. Returns the number of active tokens that it revoked.
    ///
    /// Descendants are revoked in several transactions. An error leaves revoked what is revoked, and a repetition continues.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] if a rule denies it.
    pub async fn revoke_token(
        &self,
        context: ChangeContext,
        target: Uuid,
        descendants: bool,
    ) -> Result<usize, ChangeError> {
        if !descendants {
            let reads = ReadSet { children_of: Some(target), ..ReadSet::of(&context, Some(target)) };
            return self.change(context, reads, move |unit| Ok(revoke_as_caller(unit, target)?)).await;
        }
        self.require_cover(&context, target).await?;
        let caller = context.origin.actor;
        let decide = move |unit: &mut UnitOfWork| Ok(end_as_caller(unit, target)?);
        let (mut count, has_spared) = self.walk(&context, Walk::new(target, caller, BATCH), decide).await?;
        if let Some(caller) = caller.filter(|_| has_spared) {
            count += self.walk(&context, Walk::end(target, caller, BATCH), decide).await?.0;
        }
        Ok(count)
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
        if !descendants {
            let reads = ReadSet { children_of: Some(target), ..ReadSet::of(&context, Some(target)) };
            return self.change(context, reads, move |unit| Ok(revoke(unit, target)?)).await;
        }
        let decide = move |unit: &mut UnitOfWork| {
            unit.token(target)?;
            Ok(end(unit))
        };
        Ok(self.walk(&context, Walk::new(target, None, BATCH), decide).await?.0)
    }

    /// Requires that the caller may act on the target and on every active descendant, before anything is ended. A descendant that is
    /// created later is covered, because its creator is.
    ///
    /// A caller that is not active is denied by the first change, which records the refusal.
    async fn require_cover(&self, context: &ChangeContext, target: Uuid) -> Result<(), ChangeError> {
        let Some(caller) = context.origin.actor else { return Err(Denied::CallerInactive.into()) };
        let organization_id = context.organization_id;
        let Some(record) = self.token(organization_id, caller).await? else { return Ok(()) };
        let Ok(caller) = Actor::of(record, self.clock.now()) else { return Ok(()) };
        let target_record = self.token(organization_id, target).await?.ok_or(Denied::NotFound)?;
        if !caller.may_act_on(&target_record) {
            return Err(Denied::NotCovered.into());
        }
        let walk = Walk::new(target, None, BATCH);
        let mut position = Some(walk.position);
        while let Some(from) = position {
            let found = self.steps(organization_id, walk.from(from)).await?;
            let now = self.clock.now();
            let is_denied = |step: &Step| matches!(step, Step::End(record) if !may_end(&caller, record, now));
            if found.steps.iter().any(is_denied) {
                return Err(Denied::NotCovered.into());
            }
            position = found.next;
        }
        Ok(())
    }

    /// Makes the steps of a walk, each batch in its own change. Returns the number of active tokens that were revoked, and whether the
    /// walk passed the caller.
    async fn walk(
        &self,
        context: &ChangeContext,
        walk: Walk,
        decide: impl Fn(&mut UnitOfWork) -> Result<Ended, ChangeError> + Copy + Send + 'static,
    ) -> Result<(usize, bool), ChangeError> {
        let (mut count, mut has_spared, mut position) = (0, false, Some(walk.position));
        while let Some(from) = position {
            let reads = ReadSet { walk: Some(walk.from(from)), ..ReadSet::of(context, Some(walk.root)) };
            let ended = self.change(context.clone(), reads, decide).await?;
            count += ended.count;
            has_spared |= ended.has_spared;
            position = ended.next;
        }
        Ok((count, has_spared))
    }
}

/// Revokes a token on behalf of the caller, which has to be allowed to act on it.
pub(super) fn revoke_as_caller(unit: &mut UnitOfWork, target: Uuid) -> Result<usize, Denied> {
    if !unit.caller()?.may_act_on(unit.token(target)?) {
        return Err(Denied::NotCovered);
    }
    revoke(unit, target)
}

/// Revokes a token, also if it has expired. Returns the number of active ones.
fn revoke(unit: &mut UnitOfWork, target: Uuid) -> Result<usize, Denied> {
    let record = unit.token(target)?.clone();
    if record.revoked_at.is_some() {
        return Ok(0);
    }
    let tree_revoked = !unit.has_children();
    Ok(usize::from(end_token(unit, TokenRecord { tree_revoked, ..record })))
}

/// Makes the steps of a walk on behalf of the caller, which has to be allowed to act on the target and on each active token: it may have
/// been narrowed or ended since the walk began.
pub(super) fn end_as_caller(unit: &mut UnitOfWork, target: Uuid) -> Result<Ended, Denied> {
    let (caller, now) = (unit.caller()?, unit.now());
    let is_denied = |step: &Step| matches!(step, Step::End(record) if !may_end(&caller, record, now));
    if !caller.may_act_on(unit.token(target)?) || unit.walk().steps.iter().any(is_denied) {
        return Err(Denied::NotCovered);
    }
    Ok(end(unit))
}

/// Makes the steps of a walk.
fn end(unit: &mut UnitOfWork) -> Ended {
    let found = unit.take_walk();
    let mut ended = Ended { count: 0, next: found.next, has_spared: found.has_spared };
    for step in found.steps {
        match step {
            Step::End(record) if record.revoked_at.is_some() => {}
            Step::End(record) => ended.count += usize::from(end_token(unit, record)),
            Step::Mark(record) => {
                let record = TokenRecord { tree_revoked: true, ..unit.updated(record) };
                if record.revoked_at.is_some() {
                    unit.update(record);
                } else {
                    ended.count += usize::from(end_token(unit, record));
                }
            }
        }
    }
    ended
}

/// Revokes a token that is not revoked, and deletes its idempotency records. Returns whether it was active.
fn end_token(unit: &mut UnitOfWork, record: TokenRecord) -> bool {
    let (id, now) = (record.id, unit.now());
    let was_active = record.state(now) == State::Active;
    unit.update(TokenRecord { revoked_at: Some(now), ..record });
    unit.delete_idempotency_records_of(id);
    unit.record(id, Action::Revoked);
    was_active
}

/// Whether the caller may end a token: an active one needs cover.
fn may_end(caller: &Actor, record: &TokenRecord, now: Timestamp) -> bool {
    record.state(now) != State::Active || caller.may_act_on(record)
}
