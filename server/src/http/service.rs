//! The service: its state, and the operations of the contract.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aether_api::runtime::{Authorized, Credential, Operation, Problem, Rejection, RequestMeta, Valid, Violation};
use aether_api::{
    AdmissionHeaders, ApiTokenPage, AuditEventPage, AuthorizeRequestRequest, AuthorizeRequestResponse, Check,
    CreateApiTokenRequest, CreateApiTokenResponse, Denial, ErrorEnvelope, GetApiTokenOk, GetApiTokenRequest,
    GetApiTokenResponse, GetCurrentApiTokenOk, GetCurrentApiTokenRequest, GetCurrentApiTokenResponse,
    IntrospectApiTokenRequest, IntrospectApiTokenResponse, ListApiTokensOk, ListApiTokensRequest,
    ListApiTokensResponse, ListAuditEventsOk, ListAuditEventsRequest, ListAuditEventsResponse, PathParameters,
    RevokeApiTokenNoContent, RevokeApiTokenRequest, RevokeApiTokenResponse, RevokeCurrentApiTokenNoContent,
    RevokeCurrentApiTokenRequest, RevokeCurrentApiTokenResponse, RotateApiTokenRequest, RotateApiTokenResponse,
    Service, UpdateApiTokenOk, UpdateApiTokenRequest, UpdateApiTokenResponse,
};
use ipnet::IpNet;
use uuid::Uuid;

use super::auth::Caller;
use super::client_ip::Warning;
use super::conversions;
use super::error::{self, FromChangeError};
use super::replay::Attempt;
use crate::idempotency::InProgress;
use crate::metrics::{Metrics, RejectionReason};
use crate::rate_limit::{Limiter, Network, Rate};
use crate::store::{ChangeError, Filter, Store};
use crate::timestamp::Timestamp;
use crate::tokens::{self, Denied, Grant, Limits, Update};

/// The name of the rate limit policy.
const POLICY: &str = "token";

/// The numbers of tokens and networks whose buckets are remembered: a few ten megabytes if all are in use.
const REMEMBERED_TOKENS: usize = 1 << 19;
const REMEMBERED_NETWORKS: usize = 1 << 16;

/// The operator's settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    /// The rate of each token's requests; `None` without a limit.
    pub(crate) token_rate: Option<Rate>,
    /// The rate of rejected tokens from each network; `None` without a limit.
    pub(crate) rejection_rate: Option<Rate>,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub(crate) trusted_proxies: Vec<IpNet>,
}

/// The service that implements the contract.
#[derive(Debug)]
pub(crate) struct AetherService {
    pub(super) store: Store,
    pub(super) settings: Settings,
    /// Buckets of requests, by token.
    pub(super) requests: Option<Limiter<Uuid>>,
    /// Buckets of rejected tokens, by client.
    pub(super) rejections: Option<Limiter<Network>>,
    pub(super) in_progress: InProgress,
    /// The warning about proxies whose header cannot be read.
    pub(super) forwarding: Warning,
    /// Whether the server is about to stop.
    pub(crate) draining: Arc<AtomicBool>,
    /// The metrics, if the server exposes them.
    pub(crate) metrics: Option<Arc<Metrics>>,
}

impl AetherService {
    pub(crate) fn new(store: Store, settings: Settings, metrics: Option<Arc<Metrics>>) -> Self {
        Self {
            requests: settings.token_rate.map(|rate| Limiter::new(rate, REMEMBERED_TOKENS)),
            rejections: settings.rejection_rate.map(|rate| Limiter::new(rate, REMEMBERED_NETWORKS)),
            in_progress: InProgress::default(),
            forwarding: Warning::default(),
            draining: Arc::default(),
            metrics,
            store,
            settings,
        }
    }

    /// Counts a rejection.
    pub(super) fn count(&self, reason: RejectionReason) {
        if let Some(metrics) = &self.metrics {
            metrics.rejections.count(reason);
        }
    }

    /// The response to a failed change.
    pub(super) fn change_error<R: FromChangeError>(&self, error: &ChangeError) -> R {
        self.count_denial(error);
        error::change_error(error)
    }

    /// Counts the rejection of a change if its caller was not allowed to make it.
    fn count_denial(&self, error: &ChangeError) {
        if let ChangeError::Denied(Denied::MissingScopes(_) | Denied::NotCovered) = error {
            self.count(RejectionReason::InsufficientScope);
        }
    }
}

impl Service for AetherService {
    type Caller = Caller;
    type Attempt = Attempt;
    type Checked = Grant;

    async fn authenticate(&self, meta: &RequestMeta<'_>, credential: &Credential) -> Result<Caller, Denial> {
        self.identify(meta, credential).await
    }

    fn admit(&self, caller: &Caller, operation: &'static Operation) -> (AdmissionHeaders, Result<(), Denial>) {
        // The contract documents the headers for the operations that are limited.
        let limiter = self.requests.as_ref().filter(|_| operation.succeeds_with_header("RateLimit"));
        let Some(limiter) = limiter else { return (AdmissionHeaders::default(), Ok(())) };
        let bucket = limiter.take(caller.id());
        let headers = AdmissionHeaders {
            rate_limit_policy: Some(format!(r#""{POLICY}";{}"#, limiter.rate())),
            rate_limit: Some(format!(r#""{POLICY}";{bucket}"#)),
        };
        if !bucket.allowed {
            self.count(RejectionReason::TooManyRequests);
            return (headers, Err(error::rate_limited(bucket)));
        }
        (headers, Ok(()))
    }

    async fn authorize(&self, caller: &Caller, _: &'static Operation, path: &PathParameters) -> Result<(), Denial> {
        self.decide(caller, path)
    }

    fn invalid_request(&self, _: &'static Operation, problems: &[Problem]) -> Denial {
        // Only the operation for gateways has such a status.
        self.count(RejectionReason::InvalidQuery);
        error::invalid_authorization(problems)
    }

    fn check(&self, caller: &Caller, values: &[(Check, &str)]) -> Result<Grant, Vec<(usize, Violation)>> {
        let (creator, limits, now) = (&caller.actor, self.settings.limits, Timestamp::now());
        let mut grant = Grant::default();
        let mut violations = Vec::new();
        for (index, (check, text)) in values.iter().enumerate() {
            let checked = match check {
                Check::GrantableScope => tokens::grant_scope(creator, text).map(|scope| grant.scopes.push(scope)),
                Check::GrantableExpiry => tokens::grant_expiry(creator, text, limits, now)
                    .map(|expires_at| grant.expires_at = Some(expires_at)),
                Check::FutureExpiry => {
                    tokens::parse_future_expiry(text, now).map(|expires_at| grant.expires_at = Some(expires_at))
                }
                Check::VisibleName => tokens::validate_name(text),
            };
            if let Err(tokens::Violation { code, message }) = checked {
                let code = error::field_code(code).as_str();
                violations.push((index, Violation { code, message: message.into() }));
            }
        }
        if violations.is_empty() { Ok(grant) } else { Err(violations) }
    }

    fn error_body(rejection: &Rejection) -> ErrorEnvelope {
        error::rejection_body(rejection)
    }

    async fn replay_create_api_token(
        &self,
        caller: &Authorized<Caller>,
        request: &Valid<CreateApiTokenRequest>,
    ) -> Result<Attempt, CreateApiTokenResponse> {
        self.replay_create(caller, request).await
    }

    async fn create_api_token(
        &self,
        caller: Authorized<Caller>,
        attempt: Attempt,
        grant: Grant,
        request: Valid<CreateApiTokenRequest>,
    ) -> CreateApiTokenResponse {
        self.create(caller, attempt, grant, request).await
    }

    async fn replay_rotate_api_token(
        &self,
        caller: &Authorized<Caller>,
        request: &Valid<RotateApiTokenRequest>,
    ) -> Result<Attempt, RotateApiTokenResponse> {
        self.replay_rotate(caller, request).await
    }

    async fn rotate_api_token(
        &self,
        caller: Authorized<Caller>,
        attempt: Attempt,
        request: Valid<RotateApiTokenRequest>,
    ) -> RotateApiTokenResponse {
        self.rotate(caller, attempt, request).await
    }

    async fn list_api_tokens(
        &self,
        caller: Authorized<Caller>,
        request: Valid<ListApiTokensRequest>,
    ) -> ListApiTokensResponse {
        let query = request.into_inner().query;
        let now = Timestamp::now();
        let state = query.state.map(|state| (conversions::state(state), now));
        let filter = Filter { state, name_prefix: query.name_prefix };
        let limit = u32::try_from(query.limit).unwrap_or_default();
        match self.store.tokens(caller.record().organization_id, filter, query.cursor, limit).await {
            Ok(page) => {
                let next_cursor = page.next.map(Some);
                let items = page.items.into_iter().map(|record| conversions::api_token(record, now)).collect();
                ListApiTokensOk { body: ApiTokenPage { items, next_cursor } }.into()
            }
            Err(error) => error::store_error(&error),
        }
    }

    async fn get_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<GetApiTokenRequest>,
    ) -> GetApiTokenResponse {
        match self.store.token(caller.record().organization_id, request.path.token_id).await {
            Ok(Some(record)) => GetApiTokenOk { body: conversions::api_token(record, Timestamp::now()) }.into(),
            Ok(None) => error::not_found(),
            Err(error) => error::store_error(&error),
        }
    }

    async fn update_api_token(
        &self,
        caller: Authorized<Caller>,
        checked: Grant,
        request: Valid<UpdateApiTokenRequest>,
    ) -> UpdateApiTokenResponse {
        let UpdateApiTokenRequest { path, body } = request.into_inner();
        let scopes = body.scopes.map(|scopes| scopes.into_iter().collect());
        let update = Update { name: body.name, scopes, expires_at: checked.expires_at };
        match self.store.update_token(caller.change(Some(path.token_id)), path.token_id, update).await {
            Ok((record, now)) => UpdateApiTokenOk { body: conversions::api_token(record, now) }.into(),
            Err(error) => self.change_error(&error),
        }
    }

    async fn revoke_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<RevokeApiTokenRequest>,
    ) -> RevokeApiTokenResponse {
        let (target, descendants) = (request.path.token_id, request.query.descendants);
        let context = caller.change(Some(target));
        match self.store.revoke_token(context, target, descendants.unwrap_or_default()).await {
            Ok(count) => RevokeApiTokenNoContent { x_revoked_count: i64::try_from(count).unwrap_or(i64::MAX) }.into(),
            Err(error) => {
                self.count_denial(&error);
                error::revocation_error(&error)
            }
        }
    }

    async fn get_current_api_token(
        &self,
        caller: Authorized<Caller>,
        _request: Valid<GetCurrentApiTokenRequest>,
    ) -> GetCurrentApiTokenResponse {
        let Caller { actor, authenticated_at, .. } = caller.into_inner();
        GetCurrentApiTokenOk { body: conversions::api_token(actor.into_record(), authenticated_at) }.into()
    }

    async fn revoke_current_api_token(
        &self,
        caller: Authorized<Caller>,
        _request: Valid<RevokeCurrentApiTokenRequest>,
    ) -> RevokeCurrentApiTokenResponse {
        let context = caller.change(Some(caller.id()));
        match self.store.revoke_token(context, caller.id(), false).await {
            Ok(_) => RevokeCurrentApiTokenNoContent {}.into(),
            Err(error) => error::own_revocation_error(&error),
        }
    }

    async fn authorize_request(
        &self,
        caller: Authorized<Caller>,
        request: Valid<AuthorizeRequestRequest>,
    ) -> AuthorizeRequestResponse {
        self.authorize_scopes(&caller, &request)
    }

    async fn introspect_api_token(
        &self,
        caller: Authorized<Caller>,
        request: Valid<IntrospectApiTokenRequest>,
    ) -> IntrospectApiTokenResponse {
        self.introspect(&caller, &request).await
    }

    async fn list_audit_events(
        &self,
        caller: Authorized<Caller>,
        request: Valid<ListAuditEventsRequest>,
    ) -> ListAuditEventsResponse {
        let query = &request.query;
        let limit = u32::try_from(query.limit).unwrap_or_default();
        match self.store.events(caller.record().organization_id, query.cursor, limit).await {
            Ok(page) => {
                let next_cursor = page.next.map(Some);
                let items = page.items.into_iter().map(conversions::audit_event).collect();
                ListAuditEventsOk { body: AuditEventPage { items, next_cursor } }.into()
            }
            Err(error) => error::store_error(&error),
        }
    }
}
