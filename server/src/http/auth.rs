//! Authentication and authorization of callers.

use aether_api::runtime::{Credential, Operation, RequestMeta};
use aether_api::{Denial, PathParameters};
use http::header::USER_AGENT;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::client_ip::client_ip;
use super::{AetherService, error};
use crate::audit::{Origin, UserAgent};
use crate::metrics::RejectionReason;
use crate::store::{ChangeContext, StoreError};
use crate::timestamp::Timestamp;
use crate::tokens::{Actor, PlainToken, State, TokenRecord};

/// The exemption from the required scopes for requests on the caller's own token.
const OWN_TOKEN: &str = "own_token";

/// An authenticated caller.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(super) actor: Actor,
    /// The raw token, which the caller's idempotency records are sealed with.
    pub(super) token: PlainToken,
    pub(super) origin: Origin,
    /// The time of authentication, at which the token was active.
    pub(super) authenticated_at: Timestamp,
    pub(super) operation: &'static Operation,
}

impl Caller {
    pub(super) fn record(&self) -> &TokenRecord {
        self.actor.record()
    }

    pub(super) fn id(&self) -> Uuid {
        self.record().id
    }

    /// The context of a change of `target` by the caller.
    pub(super) fn change(&self, target: Option<Uuid>) -> ChangeContext {
        let (origin, required_scopes) = (self.origin.clone(), self.required_scopes(target));
        ChangeContext { organization_id: self.record().organization_id, origin, required_scopes }
    }

    /// The scopes that the operation requires for `target`.
    fn required_scopes(&self, target: Option<Uuid>) -> &'static [&'static str] {
        let exempt = self.operation.scope_exemption == Some(OWN_TOKEN) && target == Some(self.id());
        self.operation.required_scopes.filter(|_| !exempt).unwrap_or_default()
    }
}

impl AetherService {
    /// Identifies the caller by its token.
    pub(super) async fn identify(&self, meta: &RequestMeta<'_>, credential: &Credential) -> Result<Caller, Denial> {
        let token = match credential {
            // A malformed token is rejected without a hash or a query.
            Credential::Bearer(text) => PlainToken::parse(text.expose_secret()).ok_or(RejectionReason::MalformedToken),
            Credential::Malformed => Err(RejectionReason::MalformedToken),
            Credential::Absent => Err(RejectionReason::MissingToken),
        };
        let token = token.map_err(|reason| {
            self.count(reason);
            error::unauthorized::<Denial>(reason == RejectionReason::MalformedToken)
        })?;
        let origin = self.origin(meta);
        let found = self.store.find_token(token.hash()).await.map_err(|error| error::store_error::<Denial>(&error))?;
        let Some(record) = found else { return Err(self.reject_token(meta, &origin, RejectionReason::UnknownToken)) };
        let now = Timestamp::now();
        match Actor::of(record, now) {
            Ok(actor) => {
                self.store.record_use(actor.record(), now);
                let origin = Origin { actor: Some(actor.record().id), ..origin };
                Ok(Caller { actor, token, origin, authenticated_at: now, operation: meta.operation })
            }
            Err((record, state)) => {
                // In memory of its own, which an accepted request does not need.
                let recorded = Box::pin(self.record_expiry(&record, state, now)).await;
                recorded.map_err(|error| error::store_error::<Denial>(&error))?;
                let reason = record.refusal_reason(now);
                if let Some(reason) = reason {
                    self.store.record_refusal(&record, reason, origin.clone(), now);
                }
                Err(self.reject_token(
                    meta,
                    &origin,
                    reason.map_or(RejectionReason::UnknownToken, RejectionReason::Inactive),
                ))
            }
        }
    }

    /// Records that a token has expired, before any response shows it: the token stays expired if the clock steps back.
    pub(super) async fn record_expiry(
        &self,
        record: &TokenRecord,
        state: State,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if state == State::Expired && record.expired_seen_at.is_none() {
            self.store.mark_expired(record.organization_id, record.id, now).await?;
        }
        Ok(())
    }

    fn origin(&self, meta: &RequestMeta<'_>) -> Origin {
        let address = client_ip(meta.peer.ip(), meta.headers, &self.settings.trusted_proxies);
        Origin {
            actor: None,
            address: Some(address.unwrap_or_else(|unreadable| self.forwarding.about(&unreadable))),
            user_agent: meta.headers.get(USER_AGENT).map(|value| UserAgent::new(value.as_bytes())),
            request_id: Some(meta.request_id),
        }
    }

    /// The response to a well-formed token that is not accepted: 401, or 429 for a client that sends too many of them.
    fn reject_token(&self, meta: &RequestMeta<'_>, origin: &Origin, reason: RejectionReason) -> Denial {
        let limiter = self.rejections.as_ref().zip(origin.address);
        let bucket = limiter.map(|(limiter, address)| limiter.take(address.into()));
        // Gateways do not handle 429, so their operation does not document it.
        let documented = meta.operation.responses.iter().any(|response| response.status.covers(429));
        if let Some(bucket) = bucket.filter(|bucket| documented && !bucket.allowed) {
            self.count(RejectionReason::TooManyRejections);
            return error::rate_limited(bucket);
        }
        self.count(reason);
        error::unauthorized(true)
    }

    /// Decides whether the caller has the scopes that its operation requires, and belongs to the organization in the path.
    pub(super) fn decide(&self, caller: &Caller, path: &PathParameters) -> Result<(), Denial> {
        let required = caller.required_scopes(path.token_id);
        if !required.iter().all(|scope| caller.record().scopes.covers(scope)) {
            self.count(RejectionReason::InsufficientScope);
            return Err(error::insufficient_scope(required));
        }
        match path.org_id {
            Some(organization) if organization != caller.record().organization_id => Err(error::not_found()),
            _ => Ok(()),
        }
    }
}
