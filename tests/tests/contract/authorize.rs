//! authorizeRequest: what gateways ask.

use aether_tests::{Server, eventually};
use reqwest::Method;
use serde_json::json;

crate::tests!(
    a_good_token_is_told_by_its_headers,
    the_scopes_that_are_named_are_all_needed,
    what_is_ill_formed_is_403_and_never_422,
    it_accepts_any_organization_and_says_which,
    the_largest_token_fits,
    it_counts_as_a_use,
);

const AUTHORIZE: &str = "/api/v1/authorize";

async fn a_good_token_is_told_by_its_headers() {
    let server = Server::start().await;
    let body = json!({"name": "a", "scopes": ["x", "y:*"], "expires_at": "2100-01-01T00:00:00Z"});
    let token = server.create(&body).await.expect(201).json();
    let request = server.get(AUTHORIZE).bearer_auth(token["token"].as_str().unwrap());
    let answer = server.send(request).await.expect(200);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("x-auth-org-id"), Some(server.organization.to_string().as_str()));
    assert_eq!(answer.header("x-auth-token-id"), token["id"].as_str());
    assert_eq!(answer.header("x-auth-scopes"), Some("x y:*"));
    assert_eq!(answer.header("x-auth-expires-at"), Some("2100-01-01T00:00:00.000Z"));
    let plain = server.token(&[]).await;
    let answer = server.send(server.get(AUTHORIZE).bearer_auth(&plain.token)).await.expect(200);
    assert_eq!((answer.header("x-auth-scopes"), answer.header("x-auth-expires-at")), (Some(""), None));
}

async fn the_scopes_that_are_named_are_all_needed() {
    let server = Server::start().await;
    let token = server.token(&["a", "b:*"]).await;
    for (scope, expected) in
        [("", 200), ("a", 200), ("a%20b:c", 200), ("b:c+a", 200), ("c", 403), ("a%20c", 403), ("b", 403), ("*", 403)]
    {
        let path = format!("{AUTHORIZE}?scope={scope}");
        let answer = server.send(server.get(&path).bearer_auth(&token.token)).await.expect(expected);
        if expected == 403 {
            let needed = scope.replace("%20", " ");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
            assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
        }
    }
    server.send(server.anonymous(Method::GET, AUTHORIZE)).await.expect(401);
}

async fn what_is_ill_formed_is_403_and_never_422() {
    let server = Server::start().await;
    let long = "x".repeat(65);
    for query in [
        "scope=%22",
        "scope=a%20%20b",
        "scope=%20",
        "scope=%0a",
        "scope=é",
        "scope=a&scope=a",
        &format!("scope={long}"),
    ] {
        let answer = server.send(server.get(&format!("{AUTHORIZE}?{query}"))).await.expect(403);
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#), "{query}");
    }
    server.send(server.get(&format!("{AUTHORIZE}?unknown=1"))).await.expect(200);
}

async fn it_accepts_any_organization_and_says_which() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let answer = server.send(server.get(AUTHORIZE).bearer_auth(&foreign.owner)).await.expect(200);
    assert_eq!(answer.header("x-auth-org-id"), Some(foreign.id.to_string().as_str()));
}

async fn the_largest_token_fits() {
    let server = Server::start().await;
    let scopes: Vec<_> = (0..64).map(|number| format!("{number:0>64}")).collect();
    let token = server.create(&json!({"name": "a", "scopes": scopes})).await.expect(201).json();
    let scope = scopes.join("%20");
    let request = server.get(&format!("{AUTHORIZE}?scope={scope}")).bearer_auth(token["token"].as_str().unwrap());
    let answer = server.send(request).await.expect(200);
    assert_eq!(answer.header("x-auth-scopes"), Some(scopes.join(" ").as_str()));
}

async fn it_counts_as_a_use() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    server.send(server.get(AUTHORIZE).bearer_auth(&token.token)).await.expect(200);
    eventually("the recorded use", async || {
        let found = server.send(server.get(&server.token_path(token.id))).await.json();
        found["last_used_at"].is_string().then_some(())
    })
    .await;
}
