//! How a token is changed: it only ever gets less.

use super::{Actor, Denied, Scope, Scopes, State, Timestamp, TokenRecord, Violation};

/// What a caller wants changed. What is absent stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub name: Option<String>,
    pub scopes: Option<Vec<String>>,
    pub expires_at: Option<String>,
}

/// What a token is after an update, and which of its fields that changes.
#[derive(Debug, Clone)]
pub struct Updated {
    pub name: String,
    pub scopes: Scopes,
    pub expires_at: Option<Timestamp>,
    /// The names of the fields that differ from before, as the contract has them.
    pub changed: Vec<&'static str>,
}

/// Decides whether `caller` may change `target` so, at `now`.
///
/// # Errors
/// What stands in the way, the caller's standing first.
pub fn update(caller: &Actor, target: &TokenRecord, asked: &Update, now: Timestamp) -> Result<Updated, Denied> {
    may_change(caller, target, now)?;
    let mut wrong = Vec::new();
    let scopes = match &asked.scopes {
        None => target.scopes.clone(),
        Some(scopes) => Scopes::new(
            scopes
                .iter()
                .enumerate()
                .filter_map(|(index, text)| {
                    narrower_scope(target, text).map_err(|it| wrong.push((format!("scopes[{index}]"), it))).ok()
                })
                .collect(),
        ),
    };
    let expires_at = match &asked.expires_at {
        None => target.expires_at,
        Some(text) => narrower_expiry(target, text, now).unwrap_or_else(|it| {
            wrong.push(("expires_at".to_owned(), it));
            None
        }),
    };
    if !wrong.is_empty() {
        return Err(Denied::Invalid(wrong));
    }
    let name = asked.name.clone().unwrap_or_else(|| target.name.clone());
    let changes = [
        ("name", name != target.name),
        ("scopes", scopes != target.scopes),
        ("expires_at", expires_at != target.expires_at),
    ];
    let changed = changes.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
    Ok(Updated { name, scopes, expires_at, changed })
}

/// Whether `caller` may change `target` at all, and `target` can still be changed.
pub(super) fn may_change(caller: &Actor, target: &TokenRecord, now: Timestamp) -> Result<(), Denied> {
    if !caller.may_act_on(target) {
        return Err(Denied::NotCovered);
    }
    match target.state(now) {
        State::Live => Ok(()),
        State::Revoked => Err(Denied::Revoked),
        State::Expired => Err(Denied::Expired),
    }
}

/// An expiry that is well-formed and in the future, whatever token it is for.
///
/// # Errors
/// `invalid_format` for what is not RFC 3339, `in_past` for what is not after `now`.
pub fn future(text: &str, now: Timestamp) -> Result<Timestamp, Violation> {
    match Timestamp::parse(text) {
        None => Err(Violation { code: "invalid_format", message: "Must be an RFC 3339 date and time." }),
        Some(moment) if moment <= now => Err(Violation { code: "in_past", message: "Must be in the future." }),
        Some(moment) => Ok(moment),
    }
}

fn narrower_scope(target: &TokenRecord, text: &str) -> Result<Scope, Violation> {
    match Scope::parse(text) {
        None => Err(Violation { code: "invalid_format", message: "Must be a scope." }),
        Some(scope) if target.scopes.covers(text) => Ok(scope),
        Some(_) => {
            Err(Violation { code: "exceeds_grant", message: "Must be covered by the scopes that the token has." })
        }
    }
}

fn narrower_expiry(target: &TokenRecord, text: &str, now: Timestamp) -> Result<Option<Timestamp>, Violation> {
    let moment = future(text, now)?;
    if target.expires_at.is_some_and(|limit| moment > limit) {
        return Err(Violation { code: "exceeds_grant", message: "Must not be after the expiry that the token has." });
    }
    Ok(Some(moment))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::tokens::testing::{NOW, actor, record};

    fn asked(scopes: Option<&[&str]>, expires_at: Option<&str>) -> Update {
        let scopes = scopes.map(|scopes| scopes.iter().map(ToString::to_string).collect());
        Update { name: None, scopes, expires_at: expires_at.map(str::to_owned) }
    }

    #[test]
    fn a_token_only_ever_gets_less() {
        let limit = Timestamp::parse("2030-01-01T00:00:00Z");
        let target = record("a b:*", limit);
        let caller = actor("*", None);
        let codes = |asked| match update(&caller, &target, &asked, NOW) {
            Ok(updated) => updated.changed.iter().map(ToString::to_string).collect(),
            Err(Denied::Invalid(wrong)) => wrong.iter().map(|(field, it)| format!("{field}/{}", it.code)).collect(),
            Err(denied) => vec![format!("{denied:?}")],
        };
        for (asked, expected) in [
            (asked(None, None), vec![]),
            (asked(Some(&[]), None), vec!["scopes"]),
            (asked(Some(&["a", "b:*"]), Some("2030-01-01T00:00:00Z")), vec![]),
            (asked(Some(&["b:c"]), Some("2029-01-01T00:00:00Z")), vec!["scopes", "expires_at"]),
            (
                asked(Some(&["a", "c", "*"]), Some("2030-01-01T00:00:00.001Z")),
                vec!["scopes[1]/exceeds_grant", "scopes[2]/exceeds_grant", "expires_at/exceeds_grant"],
            ),
            (asked(None, Some("2001-01-01T00:00:00Z")), vec!["expires_at/in_past"]),
            (asked(None, Some("soon")), vec!["expires_at/invalid_format"]),
        ] {
            assert_eq!(codes(asked.clone()), expected, "{asked:?}");
        }
    }

    #[test]
    fn the_callers_standing_comes_first() {
        let mut target = record("a", None);
        target.id = Uuid::from_u128(7);
        target.revoked_at = Some(NOW);
        let nonsense = asked(Some(&["everything"]), None);
        let denied = |caller: &Actor, target: &TokenRecord| update(caller, target, &nonsense, NOW).unwrap_err();
        assert_eq!(denied(&actor("b", None), &target), Denied::NotCovered);
        assert_eq!(denied(&actor("a", None), &target), Denied::Revoked);
        target.revoked_at = None;
        target.expires_at = Some(NOW);
        assert_eq!(denied(&actor("a", None), &target), Denied::Expired);
    }
}
