//! The target for Envoy's HTTP `ext_authz` filter, outside the contract: `authorizeRequest` with another syntax.
//!
//! Envoy asks with the client's method, and with a path that is a configured prefix with the client's path and query behind it. The scopes
//! are in the first segment, `/ext-authz;scope=SCOPES/`. The client's path starts with `/`, so no byte of it can be in that segment.

use aether_api::runtime::Router;
use http::uri::PathAndQuery;

use super::AetherService;

const PREFIX: &str = "/ext-authz";
const PARAMETER: &str = ";scope=";

/// A query that `authorizeRequest` rejects with 403. Without a query, it would accept every active token.
const INVALID: &str = "/api/v1/authorize?scope=,";

/// Registers the target.
pub(crate) fn register(router: &mut Router<AetherService>) {
    router.rewrite(PREFIX, target);
}

/// The target of `authorizeRequest` for the rest of a path behind the prefix. The client's path and query are discarded.
fn target(rest: &str) -> PathAndQuery {
    // A segment that does not end at `/` can end with text of the client.
    let scopes = rest.split_once('/').and_then(|(parameters, _)| parameters.strip_prefix(PARAMETER));
    let target = scopes.and_then(|scopes| format!("/api/v1/authorize?scope={scopes}").try_into().ok());
    target.unwrap_or_else(|| PathAndQuery::from_static(INVALID))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_of_the_first_segment() {
        for (rest, expected) in [
            (";scope=a:b/", "scope=a:b"),
            (";scope=a:b/c/d", "scope=a:b"),
            (";scope=a:b%20c:d/;scope=e", "scope=a:b%20c:d"),
            (";scope=a:b//..//;scope=", "scope=a:b"),
            (";scope=/x", "scope="),
            (";scope=a&scope=b/", "scope=a&scope=b"),
            (";scope=a%2Fb/", "scope=a%2Fb"),
            // Mistakes in the configuration, and text of the client in the segment.
            ("", "scope=,"),
            ("/", "scope=,"),
            ("/x", "scope=,"),
            ("/;scope=x/", "scope=,"),
            (";scope=a:b", "scope=,"),
            (";scope=a:*", "scope=,"),
            (";scope", "scope=,"),
            (";scopes=a/", "scope=,"),
            (";Scope=a/", "scope=,"),
            (";%73cope=a/", "scope=,"),
            (";/scope=a/", "scope=,"),
            (";;scope=a/", "scope=,"),
            ("s;scope=a/", "scope=,"),
            (":a:b/", "scope=,"),
        ] {
            assert_eq!(target(rest).query(), Some(expected), "{rest}");
        }
    }
}
