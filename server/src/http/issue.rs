//! Creation and rotation of tokens: the operations whose response contains a secret.

use aether_api::runtime::{Authorized, Valid};
use aether_api::{CreateApiTokenRequest, CreateApiTokenResponse, RotateApiTokenRequest, RotateApiTokenResponse};
use rand::rngs::SysRng;
use serde_json::json;

use super::auth::Caller;
use super::error;
use super::replay::Attempt;
use super::{AetherService, conversions};
use crate::idempotency::Fingerprint;
use crate::store::{Issued, Rotation};
use crate::tokens::{self, Grant, PlainToken, Scopes, TokenRecord};

impl AetherService {
    pub(super) async fn replay_create(
        &self,
        caller: &Caller,
        request: &CreateApiTokenRequest,
    ) -> Result<Attempt, CreateApiTokenResponse> {
        let fingerprint = || {
            let body = &request.body;
            // An array distinguishes `null` from an absent field.
            let expiry = body.expires_at.as_ref().map(|expires_at| [expires_at]);
            Fingerprint::of(&json!(["createApiToken", request.path.org_id, body.name, body.scopes, expiry]))
        };
        self.replay(caller, request.header.idempotency_key.as_deref(), fingerprint).await
    }

    pub(super) async fn replay_rotate(
        &self,
        caller: &Caller,
        request: &RotateApiTokenRequest,
    ) -> Result<Attempt, RotateApiTokenResponse> {
        let fingerprint = || {
            let (path, grace) = (&request.path, request.body.grace_seconds);
            Fingerprint::of(&json!(["rotateApiToken", path.org_id, path.token_id, grace]))
        };
        self.replay(caller, request.header.idempotency_key.as_deref(), fingerprint).await
    }

    pub(super) async fn create(
        &self,
        caller: Authorized<Caller>,
        attempt: Attempt,
        Grant { scopes, expires_at }: Grant,
        request: Valid<CreateApiTokenRequest>,
    ) -> CreateApiTokenResponse {
        let (name, limits) = (request.into_inner().body.name, self.settings.limits);
        let organization = caller.record().organization_id;
        let new = tokens::issue(organization, Some(caller.id()), name, Scopes::new(scopes), expires_at, &mut SysRng);
        let (token, new) = match new {
            Ok(new) => new,
            Err(error) => return error::internal(&error),
        };
        let render = move |record: &TokenRecord| conversions::issued(record.clone(), &token);
        let issued =
            self.store.create_token(caller.change(None), new, limits, attempt.idempotency(&caller), render).await;
        let issued = issued.map_err(|error| self.change_error(&error));
        attempt.finish(&caller, issued).map_or_else(|error| error, Into::into)
    }

    pub(super) async fn rotate(
        &self,
        caller: Authorized<Caller>,
        attempt: Attempt,
        request: Valid<RotateApiTokenRequest>,
    ) -> RotateApiTokenResponse {
        let (target, grace) = (request.path.token_id, request.body.grace_seconds);
        let grace = match tokens::grace(grace, target == caller.id()) {
            Ok(grace) => grace,
            Err(violation) => return error::invalid_fields(&[("grace_seconds".to_owned(), violation)]),
        };
        let token = match PlainToken::generate(&mut SysRng) {
            Ok(token) => token,
            Err(error) => return error::internal(&error),
        };
        let (context, limits) = (caller.change(Some(target)), self.settings.limits);
        let rotation = Rotation { target, token: token.clone(), grace };
        let render = move |record: &TokenRecord| conversions::issued(record.clone(), &token);
        let issued = self.store.rotate_token(context, rotation, limits, attempt.idempotency(&caller), render).await;
        if let (Some(limiter), Ok(Issued::Created(successor))) = (&self.requests, &issued) {
            // Otherwise a token could fill its bucket by rotating itself.
            limiter.inherit(target, successor.id);
        }
        let issued = issued.map_err(|error| self.change_error(&error));
        attempt.finish(&caller, issued).map_or_else(|error| error, Into::into)
    }
}
