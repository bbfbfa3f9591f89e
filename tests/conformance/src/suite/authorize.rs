//! authorizeRequest, which gateways call.

use crate::{Api, Token, wire_time};
use reqwest::Method;
use serde_json::json;

super::tests!(
    active_token_is_described_by_response_headers,
    every_requested_scope_is_required,
    malformed_scope_is_rejected_with_403,
    unknown_or_repeated_parameter_is_rejected_with_403,
    token_of_any_organization_is_accepted needs SecondOrganization,
    token_with_maximum_scopes_fits_in_headers,
    authorization_updates_last_used_at,
    expiry_of_a_predecessor_is_that_of_its_grace_period,
);

const AUTHORIZE: &str = "/api/v1/authorize";

async fn active_token_is_described_by_response_headers(api: Api) {
    let expires_at = api.in_minutes(20);
    let body = json!({"name": api.name("a"), "scopes": ["conformance:x", "conformance:y:*"], "expires_at": expires_at});
    let token = Token::from_json(&api.create(&body).await.expect(201).json());
    let response = api.send(api.get(AUTHORIZE).bearer_auth(&token.secret)).await.expect(200);
    assert!(response.body.is_empty());
    assert_eq!(response.header("x-auth-org-id"), Some(api.organization_id.to_string().as_str()));
    assert_eq!(response.header("x-auth-token-id"), Some(token.id.to_string().as_str()));
    assert_eq!(response.header("x-auth-scopes"), Some("conformance:x conformance:y:*"));
    assert_eq!(response.header("x-auth-expires-at"), Some(expires_at.as_str()));
    let plain = api.token(&[]).await;
    let response = api.send(api.get(AUTHORIZE).bearer_auth(&plain.secret)).await.expect(200);
    let inherited = api.root_expires_at().map(wire_time);
    assert_eq!(
        (response.header("x-auth-scopes"), response.header("x-auth-expires-at")),
        (Some(""), inherited.as_deref())
    );
}

async fn every_requested_scope_is_required(api: Api) {
    let token = api.token(&["conformance:a", "conformance:b:*"]).await;
    for (scope, expected) in [
        ("", 200),
        ("conformance:a", 200),
        ("conformance:a%20conformance:b:c", 200),
        ("conformance:b:c+conformance:a", 200),
        ("conformance:c", 403),
        ("conformance:a%20conformance:c", 403),
        ("conformance:b", 403),
        ("conformance:A", 403),
        ("conformance:*", 403),
        ("*", 403),
    ] {
        let path = format!("{AUTHORIZE}?scope={scope}");
        let response = api.send(api.get(&path).bearer_auth(&token.secret)).await.expect(expected);
        if expected == 403 {
            let required = scope.replace("%20", " ");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{required}""#);
            assert_eq!(response.header("www-authenticate"), Some(challenge.as_str()));
        }
    }
    api.send(api.anonymous(Method::GET, AUTHORIZE)).await.expect(401);
}

async fn malformed_scope_is_rejected_with_403(api: Api) {
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
        let response = api.send(api.get(&format!("{AUTHORIZE}?{query}"))).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#), "{query}");
        assert_eq!(
            (response.code().as_str(), response.problems()),
            ("insufficient_scope", vec!["scope/invalid_format".into()])
        );
    }
}

/// A parameter that a gateway's configuration names wrongly would let every active token pass.
async fn unknown_or_repeated_parameter_is_rejected_with_403(api: Api) {
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
        // Not even the root token passes.
        let response = api.send(api.get(&format!("{AUTHORIZE}?{query}"))).await.expect(403);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#), "{query}");
        assert_eq!(response.problems(), expected, "{query}");
    }
    for query in ["", "?", "?&", "?scope", "?scope=", "?&scope=conformance:a&"] {
        api.send(api.get(&format!("{AUTHORIZE}{query}"))).await.expect(200);
    }
    // A missing credential comes first.
    api.send(api.anonymous(Method::GET, &format!("{AUTHORIZE}?scopes=a"))).await.expect(401);
}

async fn token_of_any_organization_is_accepted(api: Api) {
    let foreign = api.other_token(&[]).await;
    let response = api.send(api.get(AUTHORIZE).bearer_auth(&foreign.secret)).await.expect(200);
    assert_eq!(response.header("x-auth-org-id"), Some(api.other().id.to_string().as_str()));
}

async fn token_with_maximum_scopes_fits_in_headers(api: Api) {
    let scopes: Vec<_> = (0..64).map(|number| format!("conformance:{number:0>52}")).collect();
    let token = api.create(&json!({"name": api.name("a"), "scopes": scopes})).await.expect(201).json();
    let scope = scopes.join("%20");
    let request = api.get(&format!("{AUTHORIZE}?scope={scope}")).bearer_auth(Token::from_json(&token).secret);
    let response = api.send(request).await.expect(200);
    assert_eq!(response.header("x-auth-scopes"), Some(scopes.join(" ").as_str()));
}

async fn authorization_updates_last_used_at(api: Api) {
    let token = api.token(&[]).await;
    api.send(api.get(AUTHORIZE).bearer_auth(&token.secret)).await.expect(200);
    api.wait_for_use(token.id).await;
}

async fn expiry_of_a_predecessor_is_that_of_its_grace_period(api: Api) {
    let token = api.token(&[]).await;
    let rotate = api.post(&api.rotate_path(token.id)).json(&json!({"grace_seconds": 300}));
    api.send(rotate).await.expect(201);
    let response = api.send(api.get(AUTHORIZE).bearer_auth(&token.secret)).await.expect(200);
    let expires_at = api.record(token.id).await["expires_at"].clone();
    assert_eq!(response.header("x-auth-expires-at"), expires_at.as_str());
}
