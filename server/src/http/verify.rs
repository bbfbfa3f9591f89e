//! Verification on behalf of others: what gateways and services ask.

use aether_api::runtime::{Authorized, Moment, Valid};
use aether_api::{
    AuthorizeRequestOk, AuthorizeRequestReply, AuthorizeRequestRequest, IntrospectApiTokenOk, IntrospectApiTokenReply,
    IntrospectApiTokenRequest, Introspection,
};
use secrecy::ExposeSecret;

use super::caller::Caller;
use super::{Aether, refuse};
use crate::store::StoreError;
use crate::tokens::{Actor, PlainToken, Scope, Timestamp, TokenRecord};

const INACTIVE: Introspection =
    Introspection { active: false, scope: None, token_type: None, exp: None, iat: None, sub: None, org_id: None };

impl Aether {
    /// Whether the caller's token covers the scopes that are named.
    pub(super) fn authorize_for(caller: &Caller, request: &Valid<AuthorizeRequestRequest>) -> AuthorizeRequestReply {
        let needed = request.query.scope.as_deref().unwrap_or_default();
        let needed: Vec<_> = if needed.is_empty() { Vec::new() } else { needed.split(' ').collect() };
        if !needed.iter().all(|scope| Scope::parse(scope).is_some()) {
            return refuse::insufficient_scope(&[]);
        }
        let record = caller.record();
        if !needed.iter().all(|scope| record.scopes.covers(scope)) {
            return refuse::insufficient_scope(&needed);
        }
        AuthorizeRequestOk {
            x_auth_org_id: record.organization_id,
            x_auth_token_id: record.id,
            x_auth_scopes: record.scopes.to_string(),
            x_auth_expires_at: record.expires_at.map(|expires_at| Moment(expires_at.into())),
        }
        .into()
    }

    pub(super) async fn introspect(
        &self,
        caller: Authorized<Caller>,
        request: Valid<IntrospectApiTokenRequest>,
    ) -> IntrospectApiTokenReply {
        let found = match PlainToken::parse(request.body.token.0.expose_secret()) {
            Some(token) => self.look_at(&caller, &token).await,
            None => Ok(None),
        };
        match found {
            Ok(found) => {
                let body = found.as_ref().map_or(INACTIVE, |actor| introspection(actor.record()));
                IntrospectApiTokenOk { body }.into()
            }
            Err(error) => refuse::store_failure(&error),
        }
    }

    /// The token, if it is live and of the caller's organization.
    async fn look_at(&self, caller: &Caller, token: &PlainToken) -> Result<Option<Actor>, StoreError> {
        let found = self.store.find_token(token.hash()).await?;
        let Some(record) = found.filter(|it| it.organization_id == caller.record().organization_id) else {
            return Ok(None);
        };
        let now = Timestamp::now();
        match Actor::of(record, now) {
            Ok(actor) => Ok(Some(actor)),
            Err((record, state)) => {
                self.see_expired(&record, state, now).await?;
                Ok(None)
            }
        }
    }
}

fn introspection(record: &TokenRecord) -> Introspection {
    let seconds = |moment: Timestamp| moment.as_millis().div_euclid(1000);
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
