//! authorizeRequest, which gateways call.

use aether_tests::{Server, Token};
use reqwest::Method;
use serde_json::json;

crate::tests!(
    active_token_is_described_by_response_headers,
    every_requested_scope_is_required,
    malformed_scope_is_rejected_with_403,
    unknown_or_repeated_parameter_is_rejected_with_403,
    token_of_any_organization_is_accepted,
    token_with_maximum_scopes_fits_in_headers,
    authorization_updates_last_used_at,
);

const AUTHORIZE: &str = "/api/v1/authorize";

async fn active_token_is_described_by_response_headers() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x", "y:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let token = Token::from_json(&server.create(&body).await.expect(201).json());
    let response = server.send(server.get(AUTHORIZE).bearer_auth(&token.secret)).await.expect(200);
    assert!(response.body.is_empty());
    assert_eq!(response.header("x-auth-org-id"), Some(server.organization_id.to_string().as_str()));
    assert_eq!(response.header("x-auth-token-id"), Some(token.id.to_string().as_str()));
    assert_eq!(response.header("x-auth-scopes"), Some("x y:*"));
    assert_eq!(response.header("x-auth-expires-at"), Some("2100-01-01T00:00:00.000Z"));
    let plain = server.token(&[]).await;
    let response = server.send(server.get(AUTHORIZE).bearer_auth(&plain.secret)).await.expect(200);
    assert_eq!((response.header("x-auth-scopes"), response.header("x-auth-expires-at")), (Some(""), None));
}

async fn every_requested_scope_is_required() {
    let server = Server::start().await;
    let token = server.token(&["a", "b:*"]).await;
    for (scope, expected) in
        [("", 200), ("a", 200), ("a%20b:c", 200), ("b:c+a", 200), ("c", 403), ("a%20c", 403), ("b", 403), ("*", 403)]
    {
        let path = format!("{AUTHORIZE}?scope={scope}");
        let response = server.send(server.get(&path).bearer_auth(&token.secret)).await.expect(expected);
        if expected == 403 {
            let required = scope.replace("%20", " ");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{required}""#);
            assert_eq!(response.header("www-authenticate"), Some(challenge.as_str()));
        }
    }
    server.send(server.anonymous(Method::GET, AUTHORIZE)).await.expect(401);
}

async fn malformed_scope_is_rejected_with_403() {
    let server = Server::start().await;
    let long = "x".repeat(65);
    for query in [
        "scope=%22",
        "scope=a%20%20b",
        "scope=%20",
        "scope=%0a",
        "scope=é",
        "scope=a,b",
        "scope=a;b",
        "scope=a%26b",
        "scope=a%09b",
        &format!("scope={long}"),
    ] {
        let response = server.send(server.get(&format!("{AUTHORIZE}?{query}"))).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#), "{query}");
        assert_eq!(
            (response.code().as_str(), response.problems()),
            ("insufficient_scope", vec!["scope/invalid_format".into()])
        );
    }
}

/// A parameter that a gateway's configuration names wrongly would let every active token pass.
async fn unknown_or_repeated_parameter_is_rejected_with_403() {
    let server = Server::start().await;
    for (query, expected) in [
        ("scopes=a", vec!["scopes/unknown_field"]),
        ("Scope=a", vec!["Scope/unknown_field"]),
        ("scope[]=a", vec!["scope[]/unknown_field"]),
        ("scope=a&scopes=b", vec!["scopes/unknown_field"]),
        ("unknown", vec!["unknown/unknown_field"]),
        ("=a", vec!["/unknown_field"]),
        ("scope=a&scope=a", vec!["scope/duplicate"]),
        ("b=1&a=1&b=2", vec!["a/unknown_field", "b/unknown_field"]),
    ] {
        // Not even the owner token passes.
        let response = server.send(server.get(&format!("{AUTHORIZE}?{query}"))).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#), "{query}");
        assert_eq!(response.problems(), expected, "{query}");
    }
    for query in ["", "?", "?&", "?scope", "?scope=", "?&scope=a&"] {
        server.send(server.get(&format!("{AUTHORIZE}{query}"))).await.expect(200);
    }
    // A missing credential comes first.
    server.send(server.anonymous(Method::GET, &format!("{AUTHORIZE}?scopes=a"))).await.expect(401);
}

async fn token_of_any_organization_is_accepted() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let response = server.send(server.get(AUTHORIZE).bearer_auth(&foreign.owner.secret)).await.expect(200);
    assert_eq!(response.header("x-auth-org-id"), Some(foreign.id.to_string().as_str()));
}

async fn token_with_maximum_scopes_fits_in_headers() {
    let server = Server::start().await;
    let scopes: Vec<_> = (0..64).map(|number| format!("{number:0>64}")).collect();
    let token = server.create(&json!({"name": "a", "scopes": scopes})).await.expect(201).json();
    let scope = scopes.join("%20");
    let request = server.get(&format!("{AUTHORIZE}?scope={scope}")).bearer_auth(Token::from_json(&token).secret);
    let response = server.send(request).await.expect(200);
    assert_eq!(response.header("x-auth-scopes"), Some(scopes.join(" ").as_str()));
}

async fn authorization_updates_last_used_at() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.send(server.get(AUTHORIZE).bearer_auth(&token.secret)).await.expect(200);
    server.wait_for_use(token.id).await;
}
