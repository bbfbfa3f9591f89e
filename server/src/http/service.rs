//! The contract's operations, a few lines each.

use aether_api::runtime::{Arrival, Authorized, Credential, Fault, Operation, Valid, Violation};
use aether_api::{
    ApiTokenPage, Check, CreateApiTokenCreated, CreateApiTokenReply, CreateApiTokenRequest, ErrorEnvelope,
    GetApiTokenOk, GetApiTokenReply, GetApiTokenRequest, GetCurrentApiTokenOk, GetCurrentApiTokenReply,
    GetCurrentApiTokenRequest, ListApiTokensOk, ListApiTokensReply, ListApiTokensRequest, PathParameters, Refusal,
    RevokeApiTokenNoContent, RevokeApiTokenReply, RevokeApiTokenRequest, Service,
};
use rand::rngs::SysRng;
use secrecy::ExposeSecret;

use super::{explain, refuse, wire};
use crate::store::{Revocation, Store};
use crate::tokens::{self, Actor, PlainToken, Scopes, State, Timestamp};

/// The service that answers the contract.
#[derive(Debug)]
pub(crate) struct Aether {
    store: Store,
}

impl Aether {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

impl Service for Aether {
    type Caller = Actor;

    async fn authenticate(&self, _arrival: &Arrival<'_>, credential: &Credential) -> Result<Actor, Refusal> {
        let Credential::Bearer(text) = credential else {
            return Err(refuse::unauthorized(matches!(credential, Credential::Malformed)));
        };
        // What cannot be a token is refused before any hash or look-up.
        let Some(token) = PlainToken::parse(text.expose_secret()) else { return Err(refuse::unauthorized(true)) };
        let record = match self.store.find_token(token.hash()).await {
            Ok(Some(record)) => record,
            Ok(None) => return Err(refuse::unauthorized(true)),
            Err(error) => return Err(refuse::store_failure(&error)),
        };
        let now = Timestamp::now();
        match Actor::of(record, now) {
            Ok(actor) => {
                self.store.record_use(actor.record(), now);
                Ok(actor)
            }
            Err((record, state)) => {
                if state == State::Expired && record.expired_seen_at.is_none() {
                    // Before the refusal is sent: once it is, the token has to stay refused.
                    let marked = self.store.mark_expired(record.organization_id, record.id, now).await;
                    marked.map_err(|error| refuse::store_failure::<Refusal>(&error))?;
                }
                Err(refuse::unauthorized(true))
            }
        }
    }

    async fn authorize(
        &self,
        caller: &Actor,
        operation: &'static Operation,
        path: &PathParameters,
    ) -> Result<(), Refusal> {
        let needed = operation.required_scopes.unwrap_or_default();
        let caller = caller.record();
        if !needed.iter().all(|scope| caller.scopes.covers(scope)) {
            return Err(refuse::insufficient_scope(needed));
        }
        match path.org_id {
            Some(organization) if organization != caller.organization_id => Err(refuse::not_found()),
            _ => Ok(()),
        }
    }

    fn check(&self, caller: &Actor, check: Check, value: &str) -> Result<(), Violation> {
        let checked = match check {
            Check::GrantableScope => tokens::scope(caller, value).map(drop),
            Check::GrantableExpiry => tokens::expiry(caller, Some(value), Timestamp::now()).map(drop),
        };
        checked.map_err(|violation| Violation { code: violation.code, message: violation.message.into() })
    }

    fn explain(fault: &Fault) -> ErrorEnvelope {
        explain::fault(fault)
    }

    async fn create_api_token(
        &self,
        caller: Authorized<Actor>,
        request: Valid<CreateApiTokenRequest>,
    ) -> CreateApiTokenReply {
        let (maker, body) = (&*caller, request.into_inner().body);
        let now = Timestamp::now();
        let asked: Vec<_> = body.scopes.into_iter().flatten().collect();
        // The glue has asked `check` about each of these, so only the time that has passed can make a difference.
        let scopes = match asked.iter().map(|scope| tokens::scope(maker, scope)).collect() {
            Ok(scopes) => Scopes::new(scopes),
            Err(violation) => return refuse::invalid("scopes", violation),
        };
        let expires_at = match tokens::expiry(maker, body.expires_at.flatten().as_deref(), now) {
            Ok(expires_at) => expires_at,
            Err(violation) => return refuse::invalid("expires_at", violation),
        };
        let organization = maker.record().organization_id;
        let made = tokens::issue(organization, Some(maker), body.name, scopes, expires_at, now, &mut SysRng);
        let (token, new) = match made {
            Ok(made) => made,
            Err(error) => return refuse::internal(&error),
        };
        match self.store.insert_token(new).await {
            Ok(Some(record)) => CreateApiTokenCreated { body: wire::issued(record, &token) }.into(),
            // The maker has been revoked since it was authenticated.
            Ok(None) => refuse::unauthorized(true),
            Err(error) => refuse::store_failure(&error),
        }
    }

    async fn list_api_tokens(
        &self,
        caller: Authorized<Actor>,
        request: Valid<ListApiTokensRequest>,
    ) -> ListApiTokensReply {
        let query = &request.query;
        let limit = u32::try_from(query.limit).unwrap_or_default();
        match self.store.tokens(caller.record().organization_id, query.cursor, limit).await {
            Ok(page) => {
                let last = page.records.last().filter(|_| page.more).map(|record| record.id.to_string());
                let items = page.records.into_iter().map(wire::api_token).collect();
                ListApiTokensOk { body: ApiTokenPage { items, next_cursor: last.map(Some) } }.into()
            }
            Err(error) => refuse::internal(&error),
        }
    }

    async fn get_api_token(&self, caller: Authorized<Actor>, request: Valid<GetApiTokenRequest>) -> GetApiTokenReply {
        match self.store.token(caller.record().organization_id, request.path.token_id).await {
            Ok(Some(record)) => GetApiTokenOk { body: wire::api_token(record) }.into(),
            Ok(None) => refuse::not_found(),
            Err(error) => refuse::internal(&error),
        }
    }

    async fn revoke_api_token(
        &self,
        caller: Authorized<Actor>,
        request: Valid<RevokeApiTokenRequest>,
    ) -> RevokeApiTokenReply {
        let (organization, target) = (caller.record().organization_id, request.path.token_id);
        let descendants = request.query.descendants;
        let permit = move |target: &tokens::TokenRecord| caller.may_act_on(target);
        match self.store.revoke_token(organization, target, descendants, Timestamp::now(), permit).await {
            Ok(Revocation::Done) => RevokeApiTokenNoContent {}.into(),
            Ok(Revocation::Absent) => refuse::not_found(),
            Ok(Revocation::Refused) => refuse::insufficient_scope(&[]),
            Err(error) => refuse::store_failure(&error),
        }
    }

    async fn get_current_api_token(
        &self,
        caller: Authorized<Actor>,
        _request: Valid<GetCurrentApiTokenRequest>,
    ) -> GetCurrentApiTokenReply {
        GetCurrentApiTokenOk { body: wire::api_token(caller.record().clone()) }.into()
    }
}
