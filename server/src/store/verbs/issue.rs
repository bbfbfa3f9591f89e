//! Creation and rotation of tokens.

use std::fmt;
use std::io;

use uuid::Uuid;

use crate::audit::Action;
use crate::idempotency::{Fingerprint, KeyHash, SealError, Sealed};
use crate::store::read_set::ReadSet;
use crate::store::unit_of_work::{ChangeContext, IdempotencyRecord, Replay, UnitOfWork};
use crate::store::{ChangeError, Store, StoreError};
use crate::tokens::{self, Denied, Limits, NewToken, PlainToken, TokenRecord};

/// The result of a request that issues a token.
#[derive(Debug)]
pub enum Issued<R> {
    /// The token was created. The value is the rendered response.
    Created(R),
    /// The stored response to an earlier request with the same key. Nothing was created.
    Replayed(Replay),
}

/// The idempotency of a request whose response has the type `R`.
pub struct Idempotency<R> {
    /// The hash of the key.
    pub key: KeyHash,
    /// The fingerprint of the request.
    pub request: Fingerprint,
    /// Seals the response for replays. It is called again if the change is decided again.
    pub seal: Seal<R>,
}

/// A function that seals a response.
pub type Seal<R> = Box<dyn Fn(&R) -> Result<Sealed, SealError> + Send>;

impl<R> fmt::Debug for Idempotency<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idempotency").field("key", &self.key).field("request", &self.request).finish_non_exhaustive()
    }
}

impl Store {
    /// Creates a token on behalf of the caller. `render` renders the response from the record; it is called again if the change is
    /// decided again.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] if a rule or a limit denies it.
    pub async fn create_token<R: Send + 'static>(
        &self,
        context: ChangeContext,
        new: NewToken,
        limits: Limits,
        idempotency: Option<Idempotency<R>>,
        render: impl Fn(&TokenRecord) -> R + Send + 'static,
    ) -> Result<Issued<R>, ChangeError> {
        self.verify_room().await?;
        let reads = self.reads(&context, None, limits, idempotency.as_ref());
        self.change(context, reads, move |unit| {
            with_idempotency(unit, idempotency.as_ref(), |unit| create(unit, &new, limits), &render)
        })
        .await
    }

    /// Rotates a token on behalf of the caller. The successor's secret is `token`; the predecessor stays active for `grace` seconds.
    ///
    /// # Errors
    /// [`ChangeError::Denied`] if a rule or a limit denies it.
    pub async fn rotate_token<R: Send + 'static>(
        &self,
        context: ChangeContext,
        rotation: Rotation,
        limits: Limits,
        idempotency: Option<Idempotency<R>>,
        render: impl Fn(&TokenRecord) -> R + Send + 'static,
    ) -> Result<Issued<R>, ChangeError> {
        self.verify_room().await?;
        let reads = self.reads(&context, Some(rotation.target), limits, idempotency.as_ref());
        self.change(context, reads, move |unit| {
            with_idempotency(unit, idempotency.as_ref(), |unit| rotate(unit, &rotation, limits), &render)
        })
        .await
    }

    /// Creates an owner token on behalf of the operator. No limit applies, because the organization may have no other usable token.
    ///
    /// `before_commit` is called when everything is written and nothing is committed.
    ///
    /// # Errors
    /// [`Denied::NotFound`] if the organization does not exist.
    pub async fn create_owner_token(
        &self,
        context: ChangeContext,
        new: NewToken,
        before_commit: impl FnOnce(&TokenRecord) -> io::Result<()> + Send + 'static,
    ) -> Result<TokenRecord, ChangeError> {
        let decide = move |unit: &mut UnitOfWork| Ok(create_owner(unit, &new));
        let reads = ReadSet { newest_id: true, ..ReadSet::default() };
        self.change_with(context, reads, decide, before_commit).await.map(|(record, ())| record)
    }

    fn reads<R>(
        &self,
        context: &ChangeContext,
        target: Option<Uuid>,
        limits: Limits,
        idempotency: Option<&Idempotency<R>>,
    ) -> ReadSet {
        ReadSet {
            idempotency: context.origin.actor.zip(idempotency.map(|it| it.key)),
            counted_up_to: limits.tokens,
            predecessor_of: target.filter(|_| limits.tokens.is_some()),
            newest_id: !self.ids.are_after(context.organization_id),
            ..ReadSet::of(context, target)
        }
    }
}

/// A requested rotation.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The token to rotate.
    pub target: Uuid,
    /// The successor's secret.
    pub token: PlainToken,
    /// The grace period in seconds.
    pub grace: i32,
}

/// Runs `issue` unless a response is stored, and stores the response.
fn with_idempotency<R>(
    unit: &mut UnitOfWork,
    idempotency: Option<&Idempotency<R>>,
    issue: impl Fn(&mut UnitOfWork) -> Result<TokenRecord, Denied>,
    render: impl Fn(&TokenRecord) -> R,
) -> Result<Issued<R>, ChangeError> {
    let caller = unit.caller()?;
    if let Some(record) = unit.idempotency_record() {
        let scopes = caller.record().scopes.clone();
        return Ok(Issued::Replayed(Replay { record: record.clone(), scopes }));
    }
    let response = render(&issue(unit)?);
    if let Some(Idempotency { key, request, seal }) = idempotency {
        let sealed = seal(&response).map_err(StoreError::from)?;
        unit.insert_idempotency_record(*key, IdempotencyRecord { request: *request, sealed })?;
    }
    Ok(Issued::Created(response))
}

/// Creates a token.
pub(super) fn create(unit: &mut UnitOfWork, new: &NewToken, limits: Limits) -> Result<TokenRecord, Denied> {
    let new = tokens::granted(&unit.caller()?, new.clone(), limits, unit.now())?;
    unit.require_room(limits)?;
    let record = unit.insert(new);
    unit.record(record.id, Action::Created);
    Ok(record)
}

/// Rotates a token. The successor counts toward the limit in place of its predecessor, but the predecessor's own predecessor counts again.
pub(super) fn rotate(unit: &mut UnitOfWork, rotation: &Rotation, limits: Limits) -> Result<TokenRecord, Denied> {
    let (caller, now) = (unit.caller()?, unit.now());
    let target = unit.token(rotation.target)?.clone();
    let successor = tokens::successor(&caller, &target, &rotation.token, limits, now)?;
    if unit.active_predecessor().is_some() {
        unit.require_room(limits)?;
    }
    let successor = unit.insert(successor);
    unit.update(tokens::predecessor(target, successor.id, rotation.grace, now));
    unit.record(rotation.target, Action::Rotated { successor: successor.id });
    unit.record(successor.id, Action::Created);
    Ok(successor)
}

/// Creates an owner token.
pub(in crate::store) fn create_owner(unit: &mut UnitOfWork, new: &NewToken) -> TokenRecord {
    let record = unit.insert(new.clone());
    unit.record(record.id, Action::Created);
    record
}
