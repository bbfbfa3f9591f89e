//! Verification of tokens, for gateways and services.

use aether_api::runtime::{DateTime, Problem, code};
use aether_api::{
    AuthorizeRequestOk, AuthorizeRequestRequest, AuthorizeRequestResponse, IntrospectApiTokenOk,
    IntrospectApiTokenRequest, IntrospectApiTokenResponse, Introspection,
};
use secrecy::ExposeSecret;

use super::auth::Caller;
use super::{AetherService, error};
use crate::metrics::RejectionReason;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::tokens::{Actor, PlainToken, Scope, TokenRecord};

const INACTIVE: Introspection =
    Introspection { active: false, scope: None, token_type: None, exp: None, iat: None, sub: None, org_id: None };

impl AetherService {
    /// Verifies that the caller's scopes cover the requested scopes.
    pub(super) fn authorize_scopes(
        &self,
        caller: &Caller,
        request: &AuthorizeRequestRequest,
    ) -> AuthorizeRequestResponse {
        let required = request.query.scope.as_deref().unwrap_or_default();
        let required: Vec<_> = if required.is_empty() { Vec::new() } else { required.split(' ').collect() };
        if !required.iter().all(|scope| Scope::parse(scope).is_ok()) {
            let message = "Must be a list of valid scopes, separated by single spaces.".to_owned();
            self.count(RejectionReason::InvalidQuery);
            return error::invalid_authorization(&[Problem {
                field: "scope".into(),
                code: code::INVALID_FORMAT,
                message,
            }]);
        }
        let record = caller.record();
        if !required.iter().all(|scope| record.scopes.covers(scope)) {
            self.count(RejectionReason::InsufficientScope);
            return error::insufficient_scope(&required);
        }
        AuthorizeRequestOk {
            x_auth_org_id: record.organization_id,
            x_auth_token_id: record.id,
            x_auth_scopes: record.scopes.to_string(),
            x_auth_expires_at: record.expires_at.map(|expires_at| DateTime(expires_at.into())),
        }
        .into()
    }

    pub(super) async fn introspect(
        &self,
        caller: &Caller,
        request: &IntrospectApiTokenRequest,
    ) -> IntrospectApiTokenResponse {
        let found = match PlainToken::parse(request.body.token.0.expose_secret()) {
            Some(token) => self.find_active(caller, &token).await,
            None => Ok(None),
        };
        match found {
            Ok(found) => {
                let body = found.as_ref().map_or(INACTIVE, |actor| introspection(actor.record()));
                IntrospectApiTokenOk { body }.into()
            }
            Err(error) => error::store_error(&error),
        }
    }

    /// The token, if it is active and belongs to the caller's organization.
    async fn find_active(&self, caller: &Caller, token: &PlainToken) -> Result<Option<Actor>, StoreError> {
        let found = self.store.find_token(token.hash()).await?;
        let Some(record) = found.filter(|it| it.organization_id == caller.record().organization_id) else {
            return Ok(None);
        };
        let now = Timestamp::now();
        match Actor::of(record, now) {
            Ok(actor) => Ok(Some(actor)),
            Err((record, state)) => {
                self.record_expiry(&record, state, now).await?;
                Ok(None)
            }
        }
    }
}

fn introspection(record: &TokenRecord) -> Introspection {
    let seconds = |time: Timestamp| time.as_millis().div_euclid(1000);
    Introspection {
        active: true,
        scope: Some(record.scopes.to_string()),
        token_type: Some("Bearer".into()),
        exp: record.expires_at.map(seconds),
        iat: Some(seconds(record.created_at)),
        sub: Some(record.id),
        org_id: Some(record.organization_id),
    }
}
