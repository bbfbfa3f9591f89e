//! Conversion of records to wire types.

use aether_api::runtime::{DateTime, Secret};
use aether_api::{ApiToken, ApiTokenState, ApiTokenStateFilter, AuditEvent, IssuedApiToken, TokenSecret};
use serde::Deserialize;
use uuid::Uuid;

use crate::audit::Event;
use crate::timestamp::Timestamp;
use crate::tokens::{PlainToken, State, TokenRecord};

/// The metadata of a token at `now`, without its secret.
pub(crate) fn api_token(record: TokenRecord, now: Timestamp) -> ApiToken {
    let state = match record.state(now) {
        State::Active => ApiTokenState::Active,
        State::Expired => ApiTokenState::Expired,
        State::Revoked => ApiTokenState::Revoked,
    };
    ApiToken {
        id: record.id,
        org_id: record.organization_id,
        name: record.name,
        prefix: record.prefix,
        scopes: record.scopes.into_texts(),
        last_used_at: Some(record.last_used_at.map(date_time)),
        expires_at: Some(record.expires_at.map(date_time)),
        created_at: date_time(record.created_at),
        state: Some(state),
        revoked_at: Some(record.revoked_at.map(date_time)),
        created_by: Some(record.created_by),
        rotated_to: Some(record.rotated_to),
    }
}

/// An issued token with its secret. No other function puts a secret on the wire.
pub(super) fn issued(record: TokenRecord, token: &PlainToken) -> IssuedApiToken {
    let token = TokenSecret(Secret::new(token.expose()));
    // An issued token has no state.
    let now = record.created_at;
    let ApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, .. } =
        api_token(record, now);
    IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token }
}

/// Parses the JSON of an [`issued`] token.
pub(super) fn parse_issued(json: &[u8]) -> Result<IssuedApiToken, serde_json::Error> {
    #[derive(Deserialize)]
    struct Issued {
        id: Uuid,
        org_id: Uuid,
        name: String,
        prefix: String,
        scopes: Vec<String>,
        last_used_at: Option<DateTime>,
        expires_at: Option<DateTime>,
        created_at: DateTime,
        token: Secret,
    }
    let Issued { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token } =
        serde_json::from_slice(json)?;
    let (last_used_at, expires_at, token) = (Some(last_used_at), Some(expires_at), TokenSecret(token));
    Ok(IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token })
}

/// The state in the filter of a list.
pub(super) fn state(state: ApiTokenStateFilter) -> State {
    match state {
        ApiTokenStateFilter::Active => State::Active,
        ApiTokenStateFilter::Expired => State::Expired,
        ApiTokenStateFilter::Revoked => State::Revoked,
    }
}

/// An audit event.
pub(super) fn audit_event(event: Event) -> AuditEvent {
    AuditEvent {
        id: event.id,
        org_id: event.organization_id,
        sequence: event.sequence,
        occurred_at: date_time(event.occurred_at),
        action: event.action,
        token_id: event.token_id,
        actor_id: Some(event.actor_id),
        successor_id: Some(event.successor_id),
        changed: event.changed,
        reason: Some(event.reason),
        count: Some(event.count),
        address: Some(event.address),
        user_agent: Some(event.user_agent),
        request_id: Some(event.request_id),
        hash: event.hash.to_string(),
    }
}

fn date_time(timestamp: Timestamp) -> DateTime {
    DateTime(timestamp.into())
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;

    use super::*;
    use crate::tokens::{self, Scopes};

    #[test]
    fn debug_output_of_an_issued_token_has_no_secret() {
        let now = Timestamp::now();
        let new = tokens::issue(Uuid::nil(), None, "name".into(), Scopes::default(), None, &mut SysRng);
        let (token, new) = new.unwrap();
        let issued = issued(new.into_record(Uuid::nil(), now), &token);
        assert!(!format!("{issued:?} {issued:#?}").contains(&token.expose()[15..]));
        let json = serde_json::to_vec(&issued).unwrap();
        assert_eq!(serde_json::to_value(&issued).unwrap()["token"], token.expose());
        assert_eq!(serde_json::to_vec(&parse_issued(&json).unwrap()).unwrap(), json, "the same JSON");
    }
}
