//! From records to wire types.

use aether_api::runtime::{Moment, Secret};
use aether_api::{ApiToken, IssuedApiToken, TokenSecret};

use crate::tokens::{PlainToken, Timestamp, TokenRecord};

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
    }
}

/// A token that was just created, with its secret: the one place where a secret is put on the wire.
pub(super) fn issued(record: TokenRecord, token: &PlainToken) -> IssuedApiToken {
    let token = TokenSecret(Secret::new(token.expose()));
    let ApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, .. } = api_token(record);
    IssuedApiToken { id, org_id, name, prefix, scopes, last_used_at, expires_at, created_at, token }
}

fn moment(timestamp: Timestamp) -> Moment {
    Moment(timestamp.into())
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;
    use uuid::Uuid;

    use super::*;
    use crate::tokens::{self, Scopes};

    #[test]
    fn a_wire_type_does_not_print_its_secret() {
        let now = Timestamp::now();
        let made = tokens::issue(Uuid::nil(), None, "name".into(), Scopes::default(), None, now, &mut SysRng);
        let (token, new) = made.unwrap();
        let issued = issued(new.into_record(Uuid::nil()), &token);
        assert!(!format!("{issued:?} {issued:#?}").contains(&token.expose()[15..]));
        assert_eq!(serde_json::to_value(&issued).unwrap()["token"], token.expose());
    }
}
