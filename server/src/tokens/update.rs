//! Updates of a token, which only narrow it.

use super::expiry::require_future;
use super::{Actor, Denied, RefusalReason, Scope, Scopes, TokenRecord, Violation, ViolationCode};
use crate::timestamp::Timestamp;

/// The requested changes. An absent field stays the same.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// The new scopes, as text.
    pub scopes: Option<Vec<String>>,
    /// The new expiry.
    pub expires_at: Option<Timestamp>,
}

/// The values of a token after an update.
#[derive(Debug, Clone)]
pub struct Updated {
    /// The name.
    pub name: String,
    /// The scopes.
    pub scopes: Scopes,
    /// The expiry.
    pub expires_at: Option<Timestamp>,
    /// The contract's names of the changed fields.
    pub changed: Vec<&'static str>,
}

/// Decides whether `caller` may make the update of `target` at `now`.
///
/// # Errors
/// The reason to deny the update. [`Denied::NotCovered`] comes before anything about the target.
pub fn update(caller: &Actor, target: &TokenRecord, requested: &Update, now: Timestamp) -> Result<Updated, Denied> {
    require_changeable(caller, target, now)?;
    let mut violations = Vec::new();
    let mut valid = |index, text| {
        let scope = narrower_scope(target, text);
        scope.map_err(|it| violations.push((format!("scopes[{index}]"), it))).ok()
    };
    let scopes = match &requested.scopes {
        None => target.scopes.clone(),
        Some(scopes) => Scopes::new(scopes.iter().enumerate().filter_map(|(index, text)| valid(index, text)).collect()),
    };
    let passed = requested.expires_at.and_then(|expiry| require_future(expiry, now).err());
    violations.extend(passed.map(|violation| ("expires_at".to_owned(), violation)));
    let later = |expiry: &Timestamp| target.expires_at.is_some_and(|limit| *expiry > limit);
    if requested.expires_at.as_ref().is_some_and(later) {
        let message = "Must not be after the token's current expiry.";
        violations.push(("expires_at".to_owned(), Violation { code: ViolationCode::ExceedsGrant, message }));
    }
    if !violations.is_empty() {
        return Err(Denied::Invalid(violations));
    }
    let expires_at = requested.expires_at.or(target.expires_at);
    let name = requested.name.clone().unwrap_or_else(|| target.name.clone());
    let fields = [
        ("name", name != target.name),
        ("scopes", scopes != target.scopes),
        ("expires_at", expires_at != target.expires_at),
    ];
    let changed = fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect();
    Ok(Updated { name, scopes, expires_at, changed })
}

/// Requires that `caller` may change `target`, and that `target` is active. Its grace period counts as active.
pub(super) fn require_changeable(caller: &Actor, target: &TokenRecord, now: Timestamp) -> Result<(), Denied> {
    if !caller.may_act_on(target) {
        return Err(Denied::NotCovered);
    }
    match target.refusal_reason(now) {
        None => Ok(()),
        Some(RefusalReason::Revoked) => Err(Denied::Revoked),
        Some(RefusalReason::Rotated) => Err(Denied::Rotated),
        Some(RefusalReason::Expired) => Err(Denied::Expired),
    }
}

fn narrower_scope(target: &TokenRecord, text: &str) -> Result<Scope, Violation> {
    let scope = Scope::parse(text)?;
    if target.scopes.covers(text) {
        Ok(scope)
    } else {
        Err(Violation { code: ViolationCode::ExceedsGrant, message: "Must be covered by the token's current scopes." })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::tokens::testing::{NOW, actor, record};

    fn requested(scopes: Option<&[&str]>, expires_at: Option<&str>) -> Update {
        let scopes = scopes.map(|scopes| scopes.iter().map(ToString::to_string).collect());
        Update { name: None, scopes, expires_at: expires_at.map(|text| Timestamp::parse(text).unwrap()) }
    }

    #[test]
    fn update_only_narrows() {
        let limit = Timestamp::parse("2030-01-01T00:00:00Z");
        let target = record("a b:*", limit);
        let caller = actor("*", None);
        let codes = |requested| match update(&caller, &target, &requested, NOW) {
            Ok(updated) => updated.changed.iter().map(ToString::to_string).collect(),
            Err(Denied::Invalid(wrong)) => wrong.iter().map(|(field, it)| format!("{field}/{:?}", it.code)).collect(),
            Err(denied) => vec![format!("{denied:?}")],
        };
        for (requested, expected) in [
            (requested(None, None), vec![]),
            (requested(Some(&[]), None), vec!["scopes"]),
            (requested(Some(&["a", "b:*"]), Some("2030-01-01T00:00:00Z")), vec![]),
            (requested(Some(&["b:c"]), Some("2029-01-01T00:00:00Z")), vec!["scopes", "expires_at"]),
            (
                requested(Some(&["a", "c", "*"]), Some("2030-01-01T00:00:00.001Z")),
                vec!["scopes[1]/ExceedsGrant", "scopes[2]/ExceedsGrant", "expires_at/ExceedsGrant"],
            ),
        ] {
            assert_eq!(codes(requested.clone()), expected, "{requested:?}");
        }
    }

    #[test]
    fn missing_cover_is_reported_first() {
        let mut target = record("a", None);
        target.id = Uuid::from_u128(7);
        target.revoked_at = Some(NOW);
        let nonsense = requested(Some(&["everything"]), None);
        let denied = |caller: &Actor, target: &TokenRecord| update(caller, target, &nonsense, NOW).unwrap_err();
        assert_eq!(denied(&actor("b", None), &target), Denied::NotCovered);
        assert_eq!(denied(&actor("a", None), &target), Denied::Revoked);
        target.revoked_at = None;
        target.expires_at = Some(NOW);
        assert_eq!(denied(&actor("a", None), &target), Denied::Expired);
        target.rotated_to = Some(Uuid::nil());
        assert_eq!(denied(&actor("a", None), &target), Denied::Rotated, "after the grace period");
        target.expires_at = Some(NOW.plus_seconds(1));
        assert!(matches!(denied(&actor("a", None), &target), Denied::Invalid(_)), "in the grace period");
    }
}
