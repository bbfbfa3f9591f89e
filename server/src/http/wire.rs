//! From records to wire types.

use aether_api::runtime::{Moment, Secret};
use aether_api::{ApiToken, ApiTokenState, AuditEvent, IssuedApiToken, TokenSecret};
use serde::Deserialize;
use uuid::Uuid;

use crate::audit::Event;
use crate::tokens::{PlainToken, State, Timestamp, TokenRecord};

/// A token as it can be looked at.
pub(super) fn api_token(record: TokenRecord) -> ApiToken {
    ApiToken {
        id: record.id,
        org_id: record.organization_id,
        name: record.name,
        prefix: record.prefix,
        scopes: record.scopes.iter().map(ToString::to_string).collect(),
        last_used_at: Some(record.last_used_at.map(moment)),
        expires_at: Some(record.expires_at.map(moment)),
        created_at: moment(record.created_at),
        revoked_at: Some(record.revoked_at.map(moment)),
        created_by: Some(record.created_by),
        rotated_to: Some(record.rotated_to),
    }
}

/// A token that was just created, with its secret: the one place where a secret is put on the wire.
pub(super) fn issued(record: TokenRecord, token: &PlainToken) -> IssuedApiToken {
    let token = TokenSecret(Secret::new(token.expose()));
    let ApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, .. } = api_token(record);
    IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token }
}

/// The answer that was made of [`issued`], read back from its JSON.
pub(super) fn issued_again(json: &[u8]) -> Result<IssuedApiToken, serde_json::Error> {
    #[derive(Deserialize)]
    struct Kept {
        id: Uuid,
        org_id: Uuid,
        name: String,
        prefix: String,
        scopes: Vec<String>,
        last_used_at: Option<Moment>,
        expires_at: Option<Moment>,
        created_at: Moment,
        token: Secret,
    }
    let Kept { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token } =
        serde_json::from_slice(json)?;
    let (last_used_at, expires_at, token) = (Some(last_used_at), Some(expires_at), TokenSecret(token));
    Ok(IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token })
}

/// The state that a list is filtered by.
pub(super) fn state(state: ApiTokenState) -> State {
    match state {
        ApiTokenState::Active => State::Live,
        ApiTokenState::Expired => State::Expired,
        ApiTokenState::Revoked => State::Revoked,
    }
}

/// Something that happened to a token.
pub(super) fn audit_event(event: Event) -> AuditEvent {
    AuditEvent {
        id: event.id,
        org_id: event.organization_id,
        sequence: event.sequence,
        occurred_at: moment(event.occurred_at),
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

fn moment(timestamp: Timestamp) -> Moment {
    Moment(timestamp.into())
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;

    use super::*;
    use crate::tokens::{self, Scopes};

    #[test]
    fn a_wire_type_does_not_print_its_secret() {
        let now = Timestamp::now();
        let made = tokens::issue(Uuid::nil(), None, "name".into(), Scopes::default(), None, now, &mut SysRng);
        let (token, new) = made.unwrap();
        let issued = issued(new.into_record(Uuid::nil()), &token);
        assert!(!format!("{issued:?} {issued:#?}").contains(&token.expose()[15..]));
        let json = serde_json::to_vec(&issued).unwrap();
        assert_eq!(serde_json::to_value(&issued).unwrap()["token"], token.expose());
        assert_eq!(serde_json::to_vec(&issued_again(&json).unwrap()).unwrap(), json, "the same answer again");
    }
}
