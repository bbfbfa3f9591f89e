//! From records to wire types.

use aether_api::runtime::Secret;
use aether_api::{ApiToken, IssuedApiToken, TokenSecret};

use crate::tokens::{PlainToken, TokenRecord};

/// A token as it can be looked at.
pub(super) fn api_token(record: TokenRecord) -> ApiToken {
    ApiToken {
        id: record.id,
        org_id: record.organization_id,
        name: record.name,
        prefix: record.prefix,
        scopes: record.scopes.iter().map(ToString::to_string).collect(),
        last_used_at: Some(record.last_used_at.map(Into::into)),
        expires_at: Some(record.expires_at.map(Into::into)),
        created_at: record.created_at.into(),
        revoked_at: Some(record.revoked_at.map(Into::into)),
        created_by: Some(record.created_by),
    }
}

/// A token that was just created, with its secret: the one place where a secret is put on the wire.
pub(super) fn issued(record: TokenRecord, token: &PlainToken) -> IssuedApiToken {
    let token = TokenSecret(Secret::new(token.expose()));
    let ApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, .. } = api_token(record);
    IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token }
}
