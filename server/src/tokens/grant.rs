//! How a token makes another: never a stronger one, and never one that outlives it.

use rand::TryRng;
use uuid::Uuid;

use super::change::future;
use super::{Actor, Denied, HashedToken, PlainToken, Scope, Scopes, Timestamp, TokenRecord};

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

/// An expiry that `maker` may give to a new token at `now`. Where nothing is asked for, it is the maker's own, or as late
/// as the operator allows.
///
/// # Errors
/// `invalid_format` for what is not RFC 3339, `in_past` for what is not after `now`, `exceeds_grant` for what is after
/// the maker's own, `out_of_range` for what is later than the operator allows.
pub fn expiry(
    maker: &Actor,
    text: Option<&str>,
    limits: Limits,
    now: Timestamp,
) -> Result<Option<Timestamp>, Violation> {
    let (own, last) = (maker.record().expires_at, limits.last_moment(now));
    let Some(text) = text else { return Ok([own, last].into_iter().flatten().min()) };
    let moment = future(text, now)?;
    if own.is_some_and(|own| moment > own) {
        return violation("exceeds_grant", "Must not be after the expiry of the token that asks.");
    }
    if last.is_some_and(|last| moment > last) {
        return violation("out_of_range", "Must not be later than this server lets a token live.");
    }
    Ok(Some(moment))
}

/// Decides once more whether `maker`, as it is now, may make `new`: it may have become less since it asked.
///
/// # Errors
/// What stands in the way.
pub fn still_grantable(maker: &Actor, new: &NewToken) -> Result<(), Denied> {
    let outlived = match (maker.record().expires_at, new.expires_at) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(maker), Some(new)) => new > maker,
    };
    if outlived || !maker.record().scopes.covers_all(&new.scopes) { Err(Denied::NotCovered) } else { Ok(()) }
}

/// What the operator allows at most.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// How long a token that another one makes may live, in seconds. A successor has its predecessor's expiry.
    pub life: Option<i64>,
    /// How many live tokens an organization may have.
    pub tokens: Option<u32>,
}

impl Limits {
    fn last_moment(self, now: Timestamp) -> Option<Timestamp> {
        self.life.map(|seconds| now.plus_seconds(seconds))
    }

    /// Whether a token lives no longer than it may.
    #[must_use]
    pub fn allow_life(self, new: &NewToken) -> bool {
        let last = self.last_moment(new.created_at);
        last.is_none_or(|last| new.expires_at.is_some_and(|expires_at| expires_at <= last))
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
            rotated_to: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::testing::{NOW, actor as maker, record};

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
        let code =
            |maker: &Actor, text| expiry(maker, text, Limits::default(), NOW).map_err(|violation| violation.code);
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
    fn nothing_lives_longer_than_the_operator_allows() {
        let limits = Limits { life: Some(60), tokens: None };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        let given = |own, text: Option<&str>| expiry(&maker("", own), text, limits, NOW).map_err(|it| it.code);
        assert_eq!(given(None, None), Ok(at(60)));
        assert_eq!(given(at(30), None), Ok(at(30)));
        assert_eq!(given(at(90), None), Ok(at(60)));
        assert_eq!(given(None, Some("2001-09-09T01:47:40Z")), Ok(at(60)));
        assert_eq!(given(None, Some("2001-09-09T01:47:40.001Z")), Err("out_of_range"));
        assert_eq!(given(at(30), Some("2001-09-09T01:47:40.001Z")), Err("exceeds_grant"));
    }

    #[test]
    fn a_maker_that_became_less_makes_less() {
        let new = |scopes: &str, expires_at| {
            let scopes = Scopes::parse(scopes).unwrap();
            let random = &mut rand::rngs::SysRng;
            issue(Uuid::nil(), None, "new".into(), scopes, expires_at, NOW, random).unwrap().1
        };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        for (maker, new, expected) in [
            (maker("a", None), new("a", None), true),
            (maker("", None), new("a", None), false),
            (maker("a", at(5)), new("a", at(5)), true),
            (maker("a", at(5)), new("a", at(6)), false),
            (maker("a", at(5)), new("", None), false),
        ] {
            assert_eq!(still_grantable(&maker, &new).is_ok(), expected, "{maker:?} {new:?}");
        }
    }

    #[test]
    fn a_token_acts_on_itself_and_on_what_it_covers() {
        let target = |scopes: &str, id| {
            let mut target = record(scopes, None);
            target.id = id;
            target
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
