//! The contract's operations, a few lines each.

use aether_api::runtime::{Arrival, Authorized, Credential, Fault, Operation, Problem, Valid, Violation};
use aether_api::{
    ApiTokenPage, AuditEventPage, AuthorizeRequestReply, AuthorizeRequestRequest, Check, CreateApiTokenReply,
    CreateApiTokenRequest, ErrorEnvelope, GateHeaders, GetApiTokenOk, GetApiTokenReply, GetApiTokenRequest,
    GetCurrentApiTokenOk, GetCurrentApiTokenReply, GetCurrentApiTokenRequest, IntrospectApiTokenReply,
    IntrospectApiTokenRequest, ListApiTokensOk, ListApiTokensReply, ListApiTokensRequest, ListAuditEventsOk,
    ListAuditEventsReply, ListAuditEventsRequest, PathParameters, Refusal, RevokeApiTokenNoContent,
    RevokeApiTokenReply, RevokeApiTokenRequest, RevokeCurrentApiTokenNoContent, RevokeCurrentApiTokenReply,
    RevokeCurrentApiTokenRequest, RotateApiTokenReply, RotateApiTokenRequest, Service, UpdateApiTokenOk,
    UpdateApiTokenReply, UpdateApiTokenRequest,
};
use secrecy::ExposeSecret;

use super::caller::{Caller, Repeatable, idempotency_key, origin};
use super::{Aether, explain, refuse, wire};
use crate::audit::Origin;
use crate::store::Filter;
use crate::tokens::{self, Actor, PlainToken, Timestamp, Update};

/// The name of the one policy that limits tokens.
const POLICY: &str = "token";

impl Service for Aether {
    type Caller = Caller;

    async fn authenticate(&self, arrival: &Arrival<'_>, credential: &Credential) -> Result<Caller, Refusal> {
        let Credential::Bearer(text) = credential else {
            return Err(refuse::unauthorized(matches!(credential, Credential::Malformed)));
        };
        // What cannot be a token is refused before any hash or look-up.
        let Some(bearer) = PlainToken::parse(text.expose_secret()) else { return Err(refuse::unauthorized(true)) };
        let origin = origin(arrival, &self.settings.trusted_proxies);
        let found =
            self.store.find_token(bearer.hash()).await.map_err(|error| refuse::store_failure::<Refusal>(&error))?;
        let Some(record) = found else { return Err(self.refuse_token(arrival, &origin)) };
        let now = Timestamp::now();
        let actor = match Actor::of(record, now) {
            Ok(actor) => actor,
            Err((record, state)) => {
                let seen = self.see_expired(&record, state, now).await;
                seen.map_err(|error| refuse::store_failure::<Refusal>(&error))?;
                if let Some(reason) = record.refusal(now) {
                    self.store.record_refusal(&record, reason, origin.clone(), now);
                }
                return Err(self.refuse_token(arrival, &origin));
            }
        };
        self.store.record_use(actor.record(), now);
        let (organization, id) = (actor.record().organization_id, actor.record().id);
        let repeatable = match idempotency_key(arrival.operation, arrival.headers) {
            None => None,
            Some(key) => {
                let kept = self.store.kept_answer(organization, id, key.hash(), now).await;
                Some(Repeatable { key, kept: kept.map_err(|error| refuse::store_failure::<Refusal>(&error))? })
            }
        };
        Ok(Caller { actor, bearer, origin: Origin { actor: Some(id), ..origin }, repeatable })
    }

    fn admit(&self, caller: &Caller, operation: &'static Operation) -> (GateHeaders, Result<(), Refusal>) {
        // The contract says which operations are limited: those that say how much is left.
        let limiter = self.keys.as_ref().filter(|_| operation.succeeds_with_header("RateLimit"));
        let Some(limiter) = limiter else { return (GateHeaders::default(), Ok(())) };
        let level = limiter.take(caller.id());
        let headers = GateHeaders {
            rate_limit_policy: Some(format!(r#""{POLICY}";{}"#, limiter.rate())),
            rate_limit: Some(format!(r#""{POLICY}";{level}"#)),
        };
        (headers, if level.allowed { Ok(()) } else { Err(refuse::rate_limited(level)) })
    }

    async fn authorize(
        &self,
        caller: &Caller,
        operation: &'static Operation,
        path: &PathParameters,
    ) -> Result<(), Refusal> {
        let exempt = match operation.scope_exemption {
            Some("own_token") => path.token_id == Some(caller.id()),
            _ => false,
        };
        let needed = operation.required_scopes.filter(|_| !exempt).unwrap_or_default();
        if !needed.iter().all(|scope| caller.record().scopes.covers(scope)) {
            return Err(refuse::insufficient_scope(needed));
        }
        match path.org_id {
            Some(organization) if organization != caller.record().organization_id => Err(refuse::not_found()),
            _ => Ok(()),
        }
    }

    fn invalid(&self, _: &'static Operation, _: &[Problem]) -> Refusal {
        // The one such operation is asked by gateways, which know no other refusal.
        refuse::insufficient_scope(&[])
    }

    fn check(&self, caller: &Caller, check: Check, value: &str) -> Result<(), Violation> {
        if caller.asks_again() {
            // The answer depends on what was asked, not on what could be asked now.
            return Ok(());
        }
        let (actor, limits, now) = (&caller.actor, self.settings.limits, Timestamp::now());
        let checked = match check {
            Check::GrantableScope => tokens::scope(actor, value).map(drop),
            Check::GrantableExpiry => tokens::expiry(actor, Some(value), limits, now).map(drop),
            Check::FutureExpiry => tokens::future(value, now).map(drop),
        };
        checked.map_err(|violation| Violation { code: violation.code, message: violation.message.into() })
    }

    fn explain(fault: &Fault) -> ErrorEnvelope {
        explain::fault(fault)
    }

    async fn create_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<CreateApiTokenRequest>,
    ) -> CreateApiTokenReply {
        self.create(caller, request).await
    }

    async fn rotate_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<RotateApiTokenRequest>,
    ) -> RotateApiTokenReply {
        self.rotate(caller, request).await
    }

    async fn list_api_tokens(
        &self,
        caller: Authorized<Caller>,
        request: Valid<ListApiTokensRequest>,
    ) -> ListApiTokensReply {
        let query = request.into_inner().query;
        let state = query.state.map(|state| (wire::state(state), Timestamp::now()));
        let filter = Filter { state, name_prefix: query.name_prefix };
        let limit = u32::try_from(query.limit).unwrap_or_default();
        match self.store.tokens(caller.record().organization_id, filter, query.cursor, limit).await {
            Ok(page) => {
                let last = page.records.last().filter(|_| page.more).map(|record| record.id.to_string());
                let items = page.records.into_iter().map(wire::api_token).collect();
                ListApiTokensOk { body: ApiTokenPage { items, next_cursor: last.map(Some) } }.into()
            }
            Err(error) => refuse::store_failure(&error),
        }
    }

    async fn get_api_token(&self, caller: Authorized<Caller>, request: Valid<GetApiTokenRequest>) -> GetApiTokenReply {
        match self.store.token(caller.record().organization_id, request.path.token_id).await {
            Ok(Some(record)) => GetApiTokenOk { body: wire::api_token(record) }.into(),
            Ok(None) => refuse::not_found(),
            Err(error) => refuse::store_failure(&error),
        }
    }

    async fn update_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<UpdateApiTokenRequest>,
    ) -> UpdateApiTokenReply {
        let UpdateApiTokenRequest { path, body } = request.into_inner();
        let aether_api::ApiTokenUpdate { name, scopes, expires_at } = body;
        let asked = Update { name, scopes: scopes.map(|scopes| scopes.into_iter().collect()), expires_at };
        let now = Timestamp::now();
        let decide = move |caller: &Actor, target: &_| tokens::update(caller, target, &asked, now);
        match self.store.update_token(caller.change(now), path.token_id, decide).await {
            Ok(record) => UpdateApiTokenOk { body: wire::api_token(record) }.into(),
            Err(error) => refuse::change_failure(&error),
        }
    }

    async fn revoke_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<RevokeApiTokenRequest>,
    ) -> RevokeApiTokenReply {
        let (target, descendants) = (request.path.token_id, request.query.descendants);
        let change = caller.change(Timestamp::now());
        match self.store.revoke_token(change, target, descendants, Actor::may_act_on).await {
            Ok(()) => RevokeApiTokenNoContent {}.into(),
            Err(error) => refuse::revocation_failure(&error),
        }
    }

    async fn get_current_api_token(
        &self,
        caller: Authorized<Caller>,
        _request: Valid<GetCurrentApiTokenRequest>,
    ) -> GetCurrentApiTokenReply {
        GetCurrentApiTokenOk { body: wire::api_token(caller.record().clone()) }.into()
    }

    async fn revoke_current_api_token(
        &self,
        caller: Authorized<Caller>,
        _request: Valid<RevokeCurrentApiTokenRequest>,
    ) -> RevokeCurrentApiTokenReply {
        let change = caller.change(Timestamp::now());
        match self.store.revoke_token(change, caller.id(), false, Actor::may_act_on).await {
            Ok(()) => RevokeCurrentApiTokenNoContent {}.into(),
            Err(error) => refuse::own_revocation_failure(&error),
        }
    }

    async fn authorize_request(
        &self,
        caller: Authorized<Caller>,
        request: Valid<AuthorizeRequestRequest>,
    ) -> AuthorizeRequestReply {
        Self::authorize_for(&caller, &request)
    }

    async fn introspect_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<IntrospectApiTokenRequest>,
    ) -> IntrospectApiTokenReply {
        self.introspect(caller, request).await
    }

    async fn list_audit_events(
        &self,
        caller: Authorized<Caller>,
        request: Valid<ListAuditEventsRequest>,
    ) -> ListAuditEventsReply {
        let query = &request.query;
        let limit = u32::try_from(query.limit).unwrap_or_default();
        match self.store.events(caller.record().organization_id, query.cursor, limit).await {
            Ok(page) => {
                let last = page.events.last().filter(|_| page.more).map(|event| event.id.to_string());
                let items = page.events.into_iter().map(wire::audit_event).collect();
                ListAuditEventsOk { body: AuditEventPage { items, next_cursor: last.map(Some) } }.into()
            }
            Err(error) => refuse::store_failure(&error),
        }
    }
}
