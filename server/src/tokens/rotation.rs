//! Rotation: a successor with the same scopes and expiry, and a grace period for the predecessor.

use uuid::Uuid;

use super::update::require_changeable;
use super::{Actor, Denied, Limits, NewToken, PlainToken, TokenRecord, Violation, ViolationCode};
use crate::timestamp::Timestamp;

/// The least and the default grace period of a token that rotates itself, in seconds: it has to be able to repeat the request if the
/// response is lost.
const OWN_LEAST: i32 = 60;
const OWN_DEFAULT: i32 = 300;

/// The grace period in seconds. `requested` is the request's value, `own` whether the token rotates itself.
///
/// # Errors
/// `out_of_range` if the requested period is shorter than allowed.
pub fn grace(requested: Option<i32>, own: bool) -> Result<i32, Violation> {
    let (least, default) = if own { (OWN_LEAST, OWN_DEFAULT) } else { (0, 0) };
    let grace = requested.unwrap_or(default);
    if grace < least {
        let message = "Must be at least 60 if a token rotates itself.";
        return Err(Violation { code: ViolationCode::OutOfRange, message });
    }
    Ok(grace)
}

/// Decides whether `caller` may rotate `target` at `now`, and returns the successor. It has the target's expiry, if the limits allow it.
///
/// # Errors
/// The reason to deny the rotation. [`Denied::NotCovered`] comes before anything about the target.
pub fn successor(
    caller: &Actor,
    target: &TokenRecord,
    token: &PlainToken,
    limits: Limits,
    now: Timestamp,
) -> Result<NewToken, Denied> {
    let expires_at = limits.bounded(target.expires_at, now);
    // A successor that expires later than its creator would extend the creator's power.
    let is_longer = caller.expires_before(expires_at);
    if caller.record().id != target.id && (!caller.may_act_on(target) || is_longer) {
        return Err(Denied::NotCovered);
    }
    // After the grace period the target is expired, too; that it was rotated is more specific.
    if target.rotated_to.is_some() && target.revoked_at.is_none() {
        return Err(Denied::Rotated);
    }
    require_changeable(caller, target, now)?;
    Ok(NewToken {
        organization_id: target.organization_id,
        name: target.name.clone(),
        prefix: token.prefix().to_owned(),
        hash: token.hash(),
        scopes: target.scopes.clone(),
        expires_at,
        created_by: Some(caller.record().id),
    })
}

/// The predecessor after its rotation. It expires at the end of the grace period, or at its own expiry if that is earlier. Without a grace
/// period it is expired for good, even if the clock steps back.
#[must_use]
pub fn predecessor(target: TokenRecord, successor: Uuid, grace: i32, now: Timestamp) -> TokenRecord {
    let end = now.plus_seconds(grace.into());
    let expires_at = target.expires_at.map_or(end, |expires_at| expires_at.min(end));
    let expired_seen_at = target.expired_seen_at.or((expires_at <= now).then_some(now));
    TokenRecord { rotated_to: Some(successor), expires_at: Some(expires_at), expired_seen_at, ..target }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;
    use uuid::Uuid;

    use super::*;
    use crate::tokens::State;
    use crate::tokens::testing::{NOW, actor, record};

    #[test]
    fn own_rotation_has_a_minimum_grace_period() {
        for (requested, own, expected) in [
            (None, false, Ok(0)),
            (None, true, Ok(300)),
            (Some(0), false, Ok(0)),
            (Some(59), true, Err(ViolationCode::OutOfRange)),
            (Some(60), true, Ok(60)),
            (Some(604_800), false, Ok(604_800)),
        ] {
            assert_eq!(grace(requested, own).map_err(|it| it.code), expected, "{requested:?} {own}");
        }
    }

    #[test]
    fn predecessor_expires_after_the_grace_period_or_earlier() {
        let at = |millis| Some(Timestamp::from_millis(NOW.as_millis() + millis));
        let rotated = |own, grace| predecessor(record("", own), Uuid::nil(), grace, NOW);
        assert_eq!(rotated(None, 5).expires_at, at(5_000));
        assert_eq!(rotated(at(3_000), 5).expires_at, at(3_000));
        assert_eq!(rotated(at(9_000), 0).expires_at, at(0));
        let before = Timestamp::from_millis(NOW.as_millis() - 1);
        assert_eq!(rotated(None, 0).state(before), State::Expired, "after the clock stepped back");
        assert_eq!(rotated(None, 5).state(before), State::Active);
    }

    #[test]
    fn rotation_requires_cover_and_a_later_expiry() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let (early, late) = (Timestamp::parse("2030-01-01T00:00:00Z"), Timestamp::parse("2031-01-01T00:00:00Z"));
        let target = |scopes: &str, expires_at| {
            let mut target = record(scopes, expires_at);
            target.id = Uuid::from_u128(7);
            target
        };
        let denied =
            |caller: &Actor, target: &TokenRecord| successor(caller, target, &token, Limits::default(), NOW).err();
        assert_eq!(denied(&actor("a", None), &target("a", None)), None);
        assert_eq!(denied(&actor("a", None), &target("b", None)), Some(Denied::NotCovered));
        assert_eq!(denied(&actor("a", late), &target("a", early)), None);
        assert_eq!(denied(&actor("a", late), &target("a", late)), None);
        assert_eq!(denied(&actor("a", early), &target("a", late)), Some(Denied::NotCovered));
        assert_eq!(denied(&actor("a", early), &target("a", None)), Some(Denied::NotCovered));
        let mut rotated = target("a", Some(NOW));
        rotated.rotated_to = Some(Uuid::nil());
        assert_eq!(denied(&actor("a", None), &rotated), Some(Denied::Rotated), "after the grace period");
        assert_eq!(denied(&actor("b", None), &rotated), Some(Denied::NotCovered), "cover is decided first");
        rotated.revoked_at = Some(NOW);
        assert_eq!(denied(&actor("a", None), &rotated), Some(Denied::Revoked));
        assert_eq!(denied(&actor("b", None), &rotated), Some(Denied::NotCovered));
        // Its own rotation needs no cover.
        let own = actor("a", early);
        let new = successor(&own, own.record(), &token, Limits::default(), NOW).unwrap();
        assert_eq!((&new.scopes, new.expires_at, new.created_by), (&own.record().scopes, early, Some(own.record().id)));
    }

    #[test]
    fn successor_has_at_most_the_maximum_life() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let limits = Limits { life: Some(60), tokens: None };
        let at = |seconds| Some(NOW.plus_seconds(seconds));
        let expiry = |own| {
            let own = actor("a", own);
            successor(&own, own.record(), &token, limits, NOW).unwrap().expires_at
        };
        assert_eq!([expiry(None), expiry(at(90)), expiry(at(30))], [at(60), at(60), at(30)]);
        // The caller's expiry is compared with the successor's, not with the target's.
        let mut target = record("a", None);
        target.id = Uuid::from_u128(7);
        let rotate = |caller: &Actor| successor(caller, &target, &token, limits, NOW).map(|new| new.expires_at);
        assert_eq!(rotate(&actor("a", at(60))), Ok(at(60)));
        assert_eq!(rotate(&actor("a", at(59))), Err(Denied::NotCovered));
    }
}
