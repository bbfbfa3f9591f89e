//! Grants: the scopes and the expiry that a token gives to a token it creates. Never more than it has itself.

use rand::TryRng;
use uuid::Uuid;

use super::update::parse_future_expiry;
use super::{Actor, Denied, HashedToken, PlainToken, Scope, Scopes, TokenRecord};
use crate::timestamp::Timestamp;

/// A violation of a rule by a value of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable, machine-readable code.
    pub code: &'static str,
    /// A sentence for people.
    pub message: &'static str,
}

const fn violation<T>(code: &'static str, message: &'static str) -> Result<T, Violation> {
    Err(Violation { code, message })
}

/// The scopes and the expiry of a token to create, as checked against its creator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// The granted scopes.
    pub scopes: Vec<Scope>,
    /// The granted expiry, if the request has one.
    pub expires_at: Option<Timestamp>,
}

/// A scope that `creator` may grant.
///
/// # Errors
/// `invalid_format` if the text is not a scope, `exceeds_grant` if the creator's scopes do not cover it.
pub fn grant_scope(creator: &Actor, text: &str) -> Result<Scope, Violation> {
    let scope = Scope::parse(text)?;
    if creator.record().scopes.covers(text) {
        Ok(scope)
    } else {
        violation("exceeds_grant", "Must be covered by the caller's scopes.")
    }
}

/// The expiry of a token that is created without one: the creator's own, or the latest that the limits allow.
#[must_use]
pub fn default_expiry(creator: &Actor, limits: Limits, now: Timestamp) -> Option<Timestamp> {
    [creator.record().expires_at, limits.latest_expiry(now)].into_iter().flatten().min()
}

/// An expiry that `creator` may grant at `now`.
///
/// # Errors
/// `invalid_format` if the text is not RFC 3339, `in_past` if it is not after `now`, `exceeds_grant` if it is after the creator's
/// own expiry, `out_of_range` if it is later than the limits allow.
pub fn grant_expiry(creator: &Actor, text: &str, limits: Limits, now: Timestamp) -> Result<Timestamp, Violation> {
    let (own, latest) = (creator.record().expires_at, limits.latest_expiry(now));
    let expiry = parse_future_expiry(text, now)?;
    if own.is_some_and(|own| expiry > own) {
        return violation("exceeds_grant", "Must not be after the caller's own expiry.");
    }
    if latest.is_some_and(|latest| expiry > latest) {
        return violation("out_of_range", "Must not be later than the server's maximum token life allows.");
    }
    Ok(expiry)
}

/// Validates the grant of `new` against its creator at the time of the change: the creator may have been narrowed since the check.
///
/// # Errors
/// [`Denied::NotCovered`] if `new` has more scopes, or a later expiry than the creator.
pub fn validate_grant(creator: &Actor, new: &NewToken) -> Result<(), Denied> {
    let covered = creator.record().scopes.covers_all(&new.scopes);
    if covered && !creator.expires_before(new.expires_at) { Ok(()) } else { Err(Denied::NotCovered) }
}

/// The limits that the operator sets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// The maximum life of a created token, in seconds. A successor has its predecessor's expiry.
    pub life: Option<i64>,
    /// The maximum number of active tokens of an organization.
    pub tokens: Option<u32>,
}

impl Limits {
    fn latest_expiry(self, now: Timestamp) -> Option<Timestamp> {
        self.life.map(|seconds| now.plus_seconds(seconds))
    }

    /// Whether a token expires within the maximum life.
    #[must_use]
    pub fn allow_life(self, new: &NewToken) -> bool {
        let last = self.latest_expiry(new.created_at);
        last.is_none_or(|last| new.expires_at.is_some_and(|expires_at| expires_at <= last))
    }
}

/// A token to store.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The organization.
    pub organization_id: Uuid,
    /// The name.
    pub name: String,
    /// The public prefix of the secret.
    pub prefix: String,
    /// The hash of the secret.
    pub hash: HashedToken,
    /// The scopes.
    pub scopes: Scopes,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The expiry.
    pub expires_at: Option<Timestamp>,
    /// The token that created it.
    pub created_by: Option<Uuid>,
}

/// Generates a secret and the token with its hash.
///
/// # Errors
/// Fails if the random number generator fails.
pub fn issue<R: TryRng>(
    organization_id: Uuid,
    creator: Option<&Actor>,
    name: String,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
    now: Timestamp,
    random: &mut R,
) -> Result<(PlainToken, NewToken), R::Error> {
    let token = PlainToken::generate(random)?;
    let new = NewToken {
        organization_id,
        name,
        prefix: token.prefix().to_owned(),
        hash: token.hash(),
        scopes,
        created_at: now,
        expires_at,
        created_by: creator.map(|creator| creator.record().id),
    };
    Ok((token, new))
}

impl NewToken {
    /// The record of the token with its id.
    #[must_use]
    pub fn into_record(self, id: Uuid) -> TokenRecord {
        TokenRecord {
            id,
            organization_id: self.organization_id,
            name: self.name,
            prefix: self.prefix,
            scopes: self.scopes,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: None,
            last_used_at: None,
            expired_seen_at: None,
            created_by: self.created_by,
            rotated_to: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::testing::{NOW, actor, record};

    #[test]
    fn scope_is_granted_only_if_covered() {
        let creator = actor("a b:*", None);
        for (text, expected) in [
            ("a", Ok(())),
            ("b:c", Ok(())),
            ("b:*", Ok(())),
            ("b", Err("exceeds_grant")),
            ("*", Err("exceeds_grant")),
            ("c", Err("exceeds_grant")),
            ("", Err("invalid_format")),
            ("a b", Err("invalid_format")),
        ] {
            assert_eq!(grant_scope(&creator, text).map(drop).map_err(|violation| violation.code), expected, "{text:?}");
        }
    }

    #[test]
    fn expiry_is_in_the_future_and_not_after_the_creators() {
        let limit = Timestamp::parse("2030-01-01T00:00:00Z");
        let (bounded, unbounded) = (actor("", limit), actor("", None));
        let code = |creator: &Actor, text| {
            grant_expiry(creator, text, Limits::default(), NOW).map(Some).map_err(|violation| violation.code)
        };
        assert_eq!(default_expiry(&unbounded, Limits::default(), NOW), None);
        assert_eq!(default_expiry(&bounded, Limits::default(), NOW), limit);
        assert_eq!(code(&bounded, "2030-01-01T00:00:00Z"), Ok(limit));
        assert_eq!(code(&bounded, "2030-01-01T01:00:00.0009+01:00"), Ok(limit), "truncated before the comparison");
        assert_eq!(code(&bounded, "2030-01-01T00:00:00.001Z"), Err("exceeds_grant"));
        assert_eq!(code(&unbounded, "2001-09-09T01:46:40Z"), Err("in_past"), "now is not in the future");
        assert_eq!(code(&unbounded, "2001-09-09T01:46:40.0009Z"), Err("in_past"));
        assert_eq!(code(&unbounded, "2001-09-09T01:46:40.001Z"), Ok(Timestamp::parse("2001-09-09T01:46:40.001Z")));
        for text in ["", "yesterday", "2030-01-01", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z", "1735689600"] {
            assert_eq!(code(&unbounded, text), Err("invalid_format"), "{text:?}");
        }
        for text in ["9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999999-23:59", "2030-01-01t00:00:00z"] {
            assert!(code(&unbounded, text).is_ok(), "{text:?}");
        }
        assert_eq!(code(&unbounded, "0000-01-01T00:00:00+23:59"), Err("in_past"));
    }

    #[test]
    fn expiry_is_limited_to_the_maximum_life() {
        let limits = Limits { life: Some(60), tokens: None };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        let default = |own| default_expiry(&actor("", own), limits, NOW);
        assert_eq!([default(None), default(at(30)), default(at(90))], [at(60), at(30), at(60)]);
        let granted = |own, text| grant_expiry(&actor("", own), text, limits, NOW).map(Some).map_err(|it| it.code);
        assert_eq!(granted(None, "2001-09-09T01:47:40Z"), Ok(at(60)));
        assert_eq!(granted(None, "2001-09-09T01:47:40.001Z"), Err("out_of_range"));
        assert_eq!(granted(at(30), "2001-09-09T01:47:40.001Z"), Err("exceeds_grant"));
    }

    #[test]
    fn narrowed_creator_cannot_create_the_former_grant() {
        let new = |scopes: &str, expires_at| {
            let scopes = Scopes::parse(scopes).unwrap();
            let random = &mut rand::rngs::SysRng;
            issue(Uuid::nil(), None, "new".into(), scopes, expires_at, NOW, random).unwrap().1
        };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        for (creator, new, expected) in [
            (actor("a", None), new("a", None), true),
            (actor("", None), new("a", None), false),
            (actor("a", at(5)), new("a", at(5)), true),
            (actor("a", at(5)), new("a", at(6)), false),
            (actor("a", at(5)), new("", None), false),
        ] {
            assert_eq!(validate_grant(&creator, &new).is_ok(), expected, "{creator:?} {new:?}");
        }
    }

    #[test]
    fn token_acts_on_itself_and_on_covered_tokens() {
        let target = |scopes: &str, id| {
            let mut target = record(scopes, None);
            target.id = id;
            target
        };
        let caller = actor("a b:*", None);
        let other = Uuid::from_u128(1);
        for (scopes, id, expected) in [
            ("a b:c", other, true),
            ("", other, true),
            ("a c", other, false),
            ("*", other, false),
            ("*", Uuid::nil(), true),
        ] {
            assert_eq!(caller.may_act_on(&target(scopes, id)), expected, "{scopes:?}");
        }
    }
}
