//! Grants: the scopes and the expiry that a token gives to a token it creates. Never more than it has itself.

use super::expiry::{parse_expiry, require_future};
use super::{Actor, Denied, NewToken, Scope, Violation, ViolationCode};
use crate::timestamp::Timestamp;

const fn violation<T>(code: ViolationCode, message: &'static str) -> Result<T, Violation> {
    Err(Violation { code, message })
}

/// The violation by a scope that the caller's scopes do not cover.
pub const SCOPE_EXCEEDS_GRANT: Violation =
    Violation { code: ViolationCode::ExceedsGrant, message: "Must be covered by the caller's scopes." };

/// The scopes and the expiry that a request asks for, as checked against the caller.
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
    if creator.record().scopes.covers(text) { Ok(scope) } else { Err(SCOPE_EXCEEDS_GRANT) }
}

/// An expiry that `creator` may grant at `now`.
///
/// # Errors
/// `invalid_format` if the text is not RFC 3339, `in_past` if it is not after `now`, `exceeds_grant` if it is after the
/// creator's own expiry, `out_of_range` if it is later than the limits allow.
pub fn grant_expiry(creator: &Actor, text: &str, limits: Limits, now: Timestamp) -> Result<Timestamp, Violation> {
    let expiry = parse_expiry(text)?;
    validate_expiry(creator, expiry, limits, now).map(|()| expiry)
}

fn validate_expiry(creator: &Actor, expiry: Timestamp, limits: Limits, now: Timestamp) -> Result<(), Violation> {
    require_future(expiry, now)?;
    let (own, latest) = (creator.record().expires_at, limits.latest_expiry(now));
    if own.is_some_and(|own| expiry > own) {
        return violation(ViolationCode::ExceedsGrant, "Must not be after the caller's own expiry.");
    }
    if latest.is_some_and(|latest| expiry > latest) {
        return violation(ViolationCode::OutOfRange, "Must not be later than the server's maximum token life allows.");
    }
    Ok(())
}

/// The token that `creator` creates, as granted at `now`, the time of the change: time has passed since the check, and the
/// creator may have been narrowed. A token without an expiry has the creator's own, or the latest that the limits allow.
///
/// # Errors
/// [`Denied::Invalid`] if the scopes or the expiry exceed those of the creator, or the expiry the limits or the time.
pub fn granted(creator: &Actor, new: NewToken, limits: Limits, now: Timestamp) -> Result<NewToken, Denied> {
    let exceeds = |(index, scope): (usize, &Scope)| {
        let covered = creator.record().scopes.covers(scope.as_str());
        (!covered).then(|| (format!("scopes[{index}]"), SCOPE_EXCEEDS_GRANT))
    };
    let mut violations: Vec<_> = new.scopes.iter().enumerate().filter_map(exceeds).collect();
    let expiry = new.expires_at.map(|expiry| validate_expiry(creator, expiry, limits, now));
    violations.extend(expiry.and_then(Result::err).map(|violation| ("expires_at".to_owned(), violation)));
    if violations.is_empty() {
        let expires_at = new.expires_at.or_else(|| limits.bounded(creator.record().expires_at, now));
        Ok(NewToken { expires_at, ..new })
    } else {
        Err(Denied::Invalid(violations))
    }
}

/// The limits that the operator sets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// The maximum life of a token that a token creates, in seconds. Owner tokens are not limited.
    pub life: Option<i64>,
    /// The maximum number of active tokens of an organization. A predecessor in its grace period does not count while its successor
    /// is active and not rotated itself.
    pub tokens: Option<u32>,
}

impl Limits {
    /// The expiry, or the latest that the limits allow if that is earlier.
    pub(super) fn bounded(self, expires_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        [expires_at, self.latest_expiry(now)].into_iter().flatten().min()
    }

    fn latest_expiry(self, now: Timestamp) -> Option<Timestamp> {
        self.life.map(|seconds| now.plus_seconds(seconds))
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;
    use uuid::Uuid;

    use super::*;
    use crate::tokens::testing::{NOW, actor};
    use crate::tokens::{Scopes, issue};

    #[test]
    fn scope_is_granted_only_if_covered() {
        let creator = actor("a b:*", None);
        for (text, expected) in [
            ("a", Ok(())),
            ("b:c", Ok(())),
            ("b:*", Ok(())),
            ("b", Err(ViolationCode::ExceedsGrant)),
            ("*", Err(ViolationCode::ExceedsGrant)),
            ("c", Err(ViolationCode::ExceedsGrant)),
            ("", Err(ViolationCode::InvalidFormat)),
            ("a b", Err(ViolationCode::InvalidFormat)),
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
        assert_eq!(code(&bounded, "2030-01-01T00:00:00Z"), Ok(limit));
        assert_eq!(code(&bounded, "2030-01-01T01:00:00.0009+01:00"), Ok(limit), "truncated before the comparison");
        assert_eq!(code(&bounded, "2030-01-01T00:00:00.001Z"), Err(ViolationCode::ExceedsGrant));
        assert_eq!(code(&unbounded, "2001-09-09T01:46:40Z"), Err(ViolationCode::InPast), "now is not in the future");
        assert_eq!(code(&unbounded, "2001-09-09T01:46:40.0009Z"), Err(ViolationCode::InPast));
        assert_eq!(code(&unbounded, "2001-09-09T01:46:40.001Z"), Ok(Timestamp::parse("2001-09-09T01:46:40.001Z")));
        for text in ["", "yesterday", "2030-01-01", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z", "1735689600"] {
            assert_eq!(code(&unbounded, text), Err(ViolationCode::InvalidFormat), "{text:?}");
        }
        for text in ["9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999999-23:59", "2030-01-01t00:00:00z"] {
            assert!(code(&unbounded, text).is_ok(), "{text:?}");
        }
        assert_eq!(code(&unbounded, "0000-01-01T00:00:00+23:59"), Err(ViolationCode::InPast));
    }

    #[test]
    fn expiry_is_limited_to_the_maximum_life() {
        let limits = Limits { life: Some(60), tokens: None };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        let default = |own| limits.bounded(own, NOW);
        assert_eq!([default(None), default(at(30)), default(at(90))], [at(60), at(30), at(60)]);
        let granted = |own, text| grant_expiry(&actor("", own), text, limits, NOW).map(Some).map_err(|it| it.code);
        assert_eq!(granted(None, "2001-09-09T01:47:40Z"), Ok(at(60)));
        assert_eq!(granted(None, "2001-09-09T01:47:40.001Z"), Err(ViolationCode::OutOfRange));
        assert_eq!(granted(at(30), "2001-09-09T01:47:40.001Z"), Err(ViolationCode::ExceedsGrant));
    }

    #[test]
    fn grant_is_decided_again_at_the_time_of_the_change() {
        let new = |scopes: &str, expires_at| {
            let scopes = Scopes::parse(scopes).unwrap();
            issue(Uuid::nil(), None, "new".into(), scopes, expires_at, &mut SysRng).unwrap().1
        };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        let (limits, short) = (Limits::default(), Limits { life: Some(5), tokens: None });
        let invalid = |fields: &[&str]| Err(fields.iter().map(ToString::to_string).collect::<Vec<_>>());
        for (creator, new, limits, expected) in [
            (actor("a", None), new("a", None), limits, Ok(None)),
            (
                actor("b", None),
                new("a b c", None),
                limits,
                invalid(&["scopes[0] ExceedsGrant", "scopes[2] ExceedsGrant"]),
            ),
            (actor("a", at(5)), new("a", at(5)), limits, Ok(at(5))),
            (actor("a", at(5)), new("a", at(6)), limits, invalid(&["expires_at ExceedsGrant"])),
            // An absent expiry is that of the creator as it is now.
            (actor("a", at(5)), new("", None), limits, Ok(at(5))),
            (actor("a", at(9)), new("", None), short, Ok(at(5))),
            (actor("a", None), new("b", at(0)), limits, invalid(&["scopes[0] ExceedsGrant", "expires_at InPast"])),
            (actor("a", None), new("a", at(5)), short, Ok(at(5))),
            (actor("a", None), new("a", at(6)), short, invalid(&["expires_at OutOfRange"])),
            (actor("a", None), new("a", None), short, Ok(at(5))),
        ] {
            let description = format!("{creator:?} {new:?}");
            let granted =
                granted(&creator, new, limits, NOW).map(|new| new.expires_at).map_err(|denied| match denied {
                    Denied::Invalid(fields) => {
                        fields.iter().map(|(field, it)| format!("{field} {:?}", it.code)).collect()
                    }
                    other => vec![format!("{other:?}")],
                });
            assert_eq!(granted, expected, "{description}");
        }
    }
}
