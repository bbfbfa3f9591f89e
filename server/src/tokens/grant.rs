//! How a token makes another: never a stronger one, and never one that outlives it.

use rand::TryRng;
use uuid::Uuid;

use super::{Actor, HashedToken, PlainToken, Scope, Scopes, Timestamp, TokenRecord};

/// What is wrong with what was asked for.
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

/// A scope that `maker` may give to a new token.
///
/// # Errors
/// `invalid_format` for what is no scope, `exceeds_grant` for one that the maker's scopes do not cover.
pub fn scope(maker: &Actor, text: &str) -> Result<Scope, Violation> {
    match Scope::parse(text) {
        None => violation("invalid_format", "Must be 1 to 64 visible ASCII characters without quotes and backslashes."),
        Some(scope) if maker.record().scopes.covers(text) => Ok(scope),
        Some(_) => violation("exceeds_grant", "Must be covered by the scopes of the token that asks."),
    }
}

/// An expiry that `maker` may give to a new token at `now`. Where nothing is asked for, it is the maker's own.
///
/// # Errors
/// `invalid_format` for what is not RFC 3339, `in_past` for what is not after `now`, `exceeds_grant` for what is after
/// the maker's own.
pub fn expiry(maker: &Actor, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Violation> {
    let limit = maker.record().expires_at;
    let Some(text) = text else { return Ok(limit) };
    match Timestamp::parse(text) {
        None => violation("invalid_format", "Must be an RFC 3339 date and time."),
        Some(moment) if moment <= now => violation("in_past", "Must be in the future."),
        Some(moment) if limit.is_some_and(|limit| moment > limit) => {
            violation("exceeds_grant", "Must not be after the expiry of the token that asks.")
        }
        Some(moment) => Ok(Some(moment)),
    }
}

/// A token that is to be stored.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub organization_id: Uuid,
    pub name: String,
    pub prefix: String,
    pub hash: HashedToken,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub created_by: Option<Uuid>,
}

/// Makes a secret of the generator's randomness, and the token that it stands for.
///
/// # Errors
/// Where the generator fails.
pub fn issue<R: TryRng>(
    organization_id: Uuid,
    maker: Option<&Actor>,
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
        created_by: maker.map(|maker| maker.record().id),
    };
    Ok((token, new))
}

impl NewToken {
    /// The record of the token under the id that the store gave it.
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
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn maker(scopes: &str, expires_at: Option<Timestamp>) -> Actor {
        let scopes = Scopes::parse(scopes).unwrap();
        let (_, new) = issue(Uuid::nil(), None, "maker".into(), scopes, expires_at, NOW, &mut SysRng).unwrap();
        Actor::of(new.into_record(Uuid::nil()), NOW).unwrap()
    }

    #[test]
    fn a_scope_is_given_only_by_who_has_it() {
        let maker = maker("a b:*", None);
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
            assert_eq!(scope(&maker, text).map(drop).map_err(|violation| violation.code), expected, "{text:?}");
        }
    }

    #[test]
    fn an_expiry_is_in_the_future_and_not_after_the_makers() {
        let limit = Timestamp::parse("2030-01-01T00:00:00Z");
        let (bounded, unbounded) = (maker("", limit), maker("", None));
        let code = |maker: &Actor, text| expiry(maker, text, NOW).map_err(|violation| violation.code);
        assert_eq!(code(&unbounded, None), Ok(None));
        assert_eq!(code(&bounded, None), Ok(limit));
        assert_eq!(code(&bounded, Some("2030-01-01T00:00:00Z")), Ok(limit));
        assert_eq!(code(&bounded, Some("2030-01-01T01:00:00.0009+01:00")), Ok(limit), "cut off before it is compared");
        assert_eq!(code(&bounded, Some("2030-01-01T00:00:00.001Z")), Err("exceeds_grant"));
        assert_eq!(code(&unbounded, Some("2001-09-09T01:46:40Z")), Err("in_past"), "now is not in the future");
        assert_eq!(code(&unbounded, Some("2001-09-09T01:46:40.0009Z")), Err("in_past"));
        assert_eq!(
            code(&unbounded, Some("2001-09-09T01:46:40.001Z")),
            Ok(Timestamp::parse("2001-09-09T01:46:40.001Z"))
        );
        for text in ["", "yesterday", "2030-01-01", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z", "1735689600"] {
            assert_eq!(code(&unbounded, Some(text)), Err("invalid_format"), "{text:?}");
        }
        for text in ["9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999999-23:59", "2030-01-01t00:00:00z"] {
            assert!(code(&unbounded, Some(text)).is_ok(), "{text:?}");
        }
        assert_eq!(code(&unbounded, Some("0000-01-01T00:00:00+23:59")), Err("in_past"));
    }

    #[test]
    fn a_token_acts_on_itself_and_on_what_it_covers() {
        let target = |scopes: &str, id| {
            let mut record = maker(scopes, None).record().clone();
            record.id = id;
            record
        };
        let caller = maker("a b:*", None);
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
