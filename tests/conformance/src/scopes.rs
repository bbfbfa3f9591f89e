//! The cover of scopes, implemented independently of the server on purpose.

/// Returns whether held scopes cover another one.
pub(crate) fn covers<S: AsRef<str>>(held: &[S], scope: &str) -> bool {
    held.iter().map(AsRef::as_ref).any(|held| match held.strip_suffix(":*") {
        _ if held == "*" || held == scope => true,
        Some(parent) => scope.strip_prefix(parent).is_some_and(|rest| rest.starts_with(':')),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn scope_is_covered_by_itself_its_parent_or_everything() {
        for held in ["*", "api-tokens:*", "api-tokens:read"] {
            assert!(covers(&[held], "api-tokens:read"), "{held}");
        }
        for held in ["api-tokens:write", "api-tokens", "audit-events:*", "api-tokens*", ":*", ""] {
            assert!(!covers(&[held], "api-tokens:read"), "{held}");
        }
        assert!(covers(&["conformance:*"], "conformance:*") && covers(&["conformance:*"], "conformance:a:*"));
        assert!(!covers(&["conformance:*"], "conformance"));
    }
}
