//! Creating and rotating: the two operations that answer with a secret, and can be repeated.

use aether_api::runtime::{Authorized, Valid};
use aether_api::{
    CreateApiTokenCreated, CreateApiTokenReply, CreateApiTokenRequest, IssuedApiToken, NewApiToken,
    RotateApiTokenCreated, RotateApiTokenReply, RotateApiTokenRequest, TokenRotation,
};
use rand::rngs::SysRng;
use serde_json::json;
use uuid::Uuid;

use super::caller::{Caller, Repeatable};
use super::refuse::{self, Refusable};
use super::{Aether, wire};
use crate::idempotency::{self, Fingerprint, Key, Ticket};
use crate::store::{ChangeError, Issued, Keep, Kept, Succession};
use crate::tokens::{self, PlainToken, Scopes, Timestamp, Violation};

/// A token that was issued, or one that had been before.
struct Answer {
    body: IssuedApiToken,
    idempotency_replayed: Option<bool>,
}

/// Whether a request was answered before.
enum Asked {
    Before(Answer),
    Now(First),
}

/// A request that was not answered before, and how its answer is to be kept.
struct First {
    keep: Option<(Key, Fingerprint)>,
    /// Held until the request is done.
    _ticket: Option<Ticket>,
}

impl Aether {
    pub(super) async fn create(
        &self,
        caller: Authorized<Caller>,
        request: Valid<CreateApiTokenRequest>,
    ) -> CreateApiTokenReply {
        match self.issue_new(&caller, request).await {
            Ok(Answer { body, idempotency_replayed }) => CreateApiTokenCreated { body, idempotency_replayed }.into(),
            Err(refusal) => refusal,
        }
    }

    pub(super) async fn rotate(
        &self,
        caller: Authorized<Caller>,
        request: Valid<RotateApiTokenRequest>,
    ) -> RotateApiTokenReply {
        match self.issue_successor(&caller, request).await {
            Ok(Answer { body, idempotency_replayed }) => RotateApiTokenCreated { body, idempotency_replayed }.into(),
            Err(refusal) => refusal,
        }
    }

    async fn issue_new<R: Refusable>(
        &self,
        caller: &Caller,
        request: Valid<CreateApiTokenRequest>,
    ) -> Result<Answer, R> {
        let CreateApiTokenRequest { path, header: _, body } = request.into_inner();
        let NewApiToken { name, scopes, expires_at } = body;
        // In a list, `null` and absent are two things.
        let expiry = expires_at.as_ref().map(|expires_at| [expires_at]);
        let request = Fingerprint::of(&json!(["createApiToken", path.org_id, name, scopes, expiry]));
        let first = match self.asked::<R>(caller, request)? {
            Asked::Now(first) => first,
            Asked::Before(answer) => return Ok(answer),
        };
        let (now, limits) = (Timestamp::now(), self.settings.limits);
        let asked: Vec<_> = scopes.into_iter().flatten().collect();
        // The glue has asked `check` about each of these, so only the time that has passed can make a difference.
        let scopes = asked.iter().map(|scope| tokens::scope(&caller.actor, scope)).collect::<Result<_, _>>();
        let scopes = Scopes::new(scopes.map_err(|violation| refuse::invalid::<R>("scopes", violation))?);
        let expires_at = tokens::expiry(&caller.actor, expires_at.flatten().as_deref(), limits, now)
            .map_err(|violation| refuse::invalid::<R>("expires_at", violation))?;
        let organization = caller.record().organization_id;
        let (token, new) = tokens::issue(organization, Some(&caller.actor), name, scopes, expires_at, now, &mut SysRng)
            .map_err(|error| refuse::internal::<R>(&error))?;
        let keep = first.keep(caller, &token);
        let made = self.store.create_token(caller.change(now), new, limits, keep, tokens::still_grantable).await;
        Self::answer(caller, request, made, &token).map(|(answer, _)| answer)
    }

    async fn issue_successor<R: Refusable>(
        &self,
        caller: &Caller,
        request: Valid<RotateApiTokenRequest>,
    ) -> Result<Answer, R> {
        let RotateApiTokenRequest { path, header: _, body } = request.into_inner();
        let (TokenRotation { grace_seconds }, target) = (body, path.token_id);
        let request = Fingerprint::of(&json!(["rotateApiToken", path.org_id, target, grace_seconds]));
        let first = match self.asked::<R>(caller, request)? {
            Asked::Now(first) => first,
            Asked::Before(answer) => return Ok(answer),
        };
        let grace = tokens::grace(grace_seconds, target == caller.id()).map_err(|_| {
            let message = "Must be at least 60 where a token rotates itself.";
            refuse::invalid::<R>("grace_seconds", Violation { code: "out_of_range", message })
        })?;
        let now = Timestamp::now();
        let token = PlainToken::generate(&mut SysRng).map_err(|error| refuse::internal::<R>(&error))?;
        let (keep, secret) = (first.keep(caller, &token), token.clone());
        let made =
            self.store.rotate_token(caller.change(now), target, self.settings.limits, keep, move |caller, target| {
                let successor = tokens::successor(caller, target, &secret, now)?;
                Ok(Succession { successor, predecessor_expires_at: tokens::last_moment(target, grace, now) })
            });
        let (answer, successor) = Self::answer::<R>(caller, request, made.await, &token)?;
        if let (Some(limiter), Some(successor)) = (&self.keys, successor) {
            // Or a token could fill its bucket by rotating itself.
            limiter.inherit(target, successor);
        }
        Ok(answer)
    }

    /// Finds out whether the request was answered before. Where it was not, it is under way from here on.
    fn asked<R: Refusable>(&self, caller: &Caller, request: Fingerprint) -> Result<Asked, R> {
        let Some(Repeatable { key, kept }) = &caller.repeatable else {
            return Ok(Asked::Now(First { keep: None, _ticket: None }));
        };
        if let Some(kept) = kept {
            return replay(caller, key, request, kept.clone()).map(Asked::Before);
        }
        let Some(ticket) = self.in_flight.begin(caller.id(), key.hash()) else { return Err(refuse::in_flight()) };
        Ok(Asked::Now(First { keep: Some((key.clone(), request)), _ticket: Some(ticket) }))
    }

    /// The answer, and the id of the token where one was made.
    fn answer<R: Refusable>(
        caller: &Caller,
        request: Fingerprint,
        made: Result<Issued, ChangeError>,
        token: &PlainToken,
    ) -> Result<(Answer, Option<Uuid>), R> {
        match (made.map_err(|error| refuse::change_failure::<R>(&error))?, &caller.repeatable) {
            (Issued::Made(record), _) => {
                let made = record.id;
                Ok((Answer { body: wire::issued(record, token), idempotency_replayed: None }, Some(made)))
            }
            (Issued::Kept(kept), Some(Repeatable { key, .. })) => {
                replay(caller, key, request, kept).map(|answer| (answer, None))
            }
            (Issued::Kept(_), None) => Err(refuse::internal(&idempotency::SealError::Unspecified)),
        }
    }
}

impl First {
    /// How the store is to keep the answer that carries `token`.
    fn keep(&self, caller: &Caller, token: &PlainToken) -> Option<Keep> {
        let (key, request) = self.keep.clone()?;
        let (id, bearer, token, hash) = (caller.id(), caller.bearer.clone(), token.clone(), key.hash());
        let seal = Box::new(move |record: &tokens::TokenRecord| {
            let answer = serde_json::to_vec(&wire::issued(record.clone(), &token))?;
            idempotency::seal((id, &bearer), (&key, request), answer, &mut SysRng).map_err(std::io::Error::other)
        });
        Some(Keep { key: hash, request, seal })
    }
}

/// The answer that was given before, where the request is the same.
fn replay<R: Refusable>(caller: &Caller, key: &Key, request: Fingerprint, kept: Kept) -> Result<Answer, R> {
    if kept.request != request {
        return Err(refuse::key_was_used());
    }
    let answer = idempotency::open((caller.id(), &caller.bearer), (key, request), kept.sealed)
        .map_err(|error| refuse::internal::<R>(&error))?;
    let body = wire::issued_again(&answer).map_err(|error| refuse::internal::<R>(&error))?;
    Ok(Answer { body, idempotency_replayed: Some(true) })
}
