//! The meaning of scopes.

/// Whether a token with the scope `granted` is allowed to do something that requires the scope `required`.
///
/// `*` covers every scope, `a:*` covers every scope that begins with `a:`, and any other scope covers itself. `required`
/// can be such a pattern, too: `a:*` covers `a:b:*`. The server decides by the same rule.
///
/// ```
/// assert!(aether_client::covers("deploy:*", "deploy:production"));
/// assert!(!aether_client::covers("deploy:*", "deploy"));
/// ```
#[must_use]
pub fn covers(granted: &str, required: &str) -> bool {
    match granted.strip_suffix('*') {
        Some("") => true,
        Some(below) if below.ends_with(':') => required.starts_with(below),
        _ => granted == required,
    }
}
