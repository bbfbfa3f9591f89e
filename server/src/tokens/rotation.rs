//! How a token is given a successor: with the same power and life, and a grace for the predecessor.

use super::{Actor, Denied, NewToken, PlainToken, Timestamp, TokenRecord, change};

/// The least and the default grace of a token that rotates itself, in seconds: a lost answer has to be asked for again
/// with the predecessor.
const OWN_LEAST: i32 = 60;
const OWN_DEFAULT: i32 = 300;

/// How long the predecessor works on, in seconds, where `asked` is what the caller wants.
///
/// # Errors
/// The least that is possible, where less was asked for.
pub fn grace(asked: Option<i32>, own: bool) -> Result<i32, i32> {
    let (least, default) = if own { (OWN_LEAST, OWN_DEFAULT) } else { (0, 0) };
    let grace = asked.unwrap_or(default);
    if grace < least { Err(least) } else { Ok(grace) }
}

/// Decides whether `caller` may rotate `target` at `now`, and says what the successor is.
///
/// # Errors
/// What stands in the way, the caller's standing first.
pub fn successor(caller: &Actor, target: &TokenRecord, token: &PlainToken, now: Timestamp) -> Result<NewToken, Denied> {
    // A token that would outlive its caller would give it a longer life than it has.
    let outlived = match (caller.record().expires_at, target.expires_at) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(caller), Some(target)) => target > caller,
    };
    if caller.record().id != target.id && (!caller.may_act_on(target) || outlived) {
        return Err(Denied::NotCovered);
    }
    // A predecessor whose grace is over is expired, too; that it was rotated says more.
    if target.rotated_to.is_some() && target.revoked_at.is_none() {
        return Err(Denied::Rotated);
    }
    change::may_change(caller, target, now)?;
    Ok(NewToken {
        organization_id: target.organization_id,
        name: target.name.clone(),
        prefix: token.prefix().to_owned(),
        hash: token.hash(),
        scopes: target.scopes.clone(),
        created_at: now,
        expires_at: target.expires_at,
        created_by: Some(caller.record().id),
    })
}

/// When the predecessor stops, which is never later than it would have.
#[must_use]
pub fn last_moment(target: &TokenRecord, grace: i32, now: Timestamp) -> Timestamp {
    let over = now.plus_seconds(grace.into());
    target.expires_at.map_or(over, |expires_at| expires_at.min(over))
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;
    use uuid::Uuid;

    use super::*;
    use crate::tokens::testing::{NOW, actor, record};

    #[test]
    fn a_token_that_rotates_itself_has_time_to_ask_again() {
        for (asked, own, expected) in [
            (None, false, Ok(0)),
            (None, true, Ok(300)),
            (Some(0), false, Ok(0)),
            (Some(59), true, Err(60)),
            (Some(60), true, Ok(60)),
            (Some(604_800), false, Ok(604_800)),
        ] {
            assert_eq!(grace(asked, own), expected, "{asked:?} {own}");
        }
    }

    #[test]
    fn the_predecessor_stops_after_the_grace_and_never_later_than_it_would() {
        let at = |millis| Some(Timestamp::from_millis(NOW.as_millis() + millis));
        assert_eq!(Some(last_moment(&record("", None), 5, NOW)), at(5_000));
        assert_eq!(Some(last_moment(&record("", at(3_000)), 5, NOW)), at(3_000));
        assert_eq!(Some(last_moment(&record("", at(9_000)), 0, NOW)), at(0));
    }

    #[test]
    fn who_rotates_covers_and_outlives() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let (early, late) = (Timestamp::parse("2030-01-01T00:00:00Z"), Timestamp::parse("2031-01-01T00:00:00Z"));
        let target = |scopes: &str, expires_at| {
            let mut target = record(scopes, expires_at);
            target.id = Uuid::from_u128(7);
            target
        };
        let denied = |caller: &Actor, target: &TokenRecord| successor(caller, target, &token, NOW).err();
        assert_eq!(denied(&actor("a", None), &target("a", None)), None);
        assert_eq!(denied(&actor("a", None), &target("b", None)), Some(Denied::NotCovered));
        assert_eq!(denied(&actor("a", late), &target("a", early)), None);
        assert_eq!(denied(&actor("a", late), &target("a", late)), None);
        assert_eq!(denied(&actor("a", early), &target("a", late)), Some(Denied::NotCovered));
        assert_eq!(denied(&actor("a", early), &target("a", None)), Some(Denied::NotCovered));
        let mut rotated = target("a", Some(NOW));
        rotated.rotated_to = Some(Uuid::nil());
        assert_eq!(denied(&actor("a", None), &rotated), Some(Denied::Rotated), "though its grace is over");
        assert_eq!(denied(&actor("b", None), &rotated), Some(Denied::NotCovered), "and nothing else is said");
        rotated.revoked_at = Some(NOW);
        assert_eq!(denied(&actor("a", None), &rotated), Some(Denied::Revoked));
        assert_eq!(denied(&actor("b", None), &rotated), Some(Denied::NotCovered));
        // Itself, whatever it may do.
        let own = actor("a", early);
        let made = successor(&own, own.record(), &token, NOW).unwrap();
        assert_eq!(
            (&made.scopes, made.expires_at, made.created_by),
            (&own.record().scopes, early, Some(own.record().id))
        );
    }
}
