//! Every operation with every kind of credential. An unknown operation fails the test.

use chrono::{DateTime, TimeDelta};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;

use super::REQUIRED_SCOPES;
use crate::contract::{CONTRACT, Operation};
use crate::{Api, Response, Token, eventually, unknown_secret, valid_request};

super::tests!(
    every_operation_requires_its_scopes,
    foreign_organization_is_404_for_every_operation needs SecondOrganization,
    rejected_credentials_get_identical_401_bodies,
    token_is_rejected_from_its_expiry_on,
    scheme_is_compared_without_case,
    authentication_precedes_all_other_checks,
    scope_precedes_organization needs SecondOrganization,
    token_elsewhere_is_no_credential,
);

/// Sends a valid request with this credential.
async fn send(api: &Api, operation: &Operation, target: &Token, credential: Option<&str>) -> Response {
    let mut request = valid_request(api, operation, target);
    if let Some(credential) = credential {
        request = request.header(AUTHORIZATION, credential);
    }
    api.send(request).await
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

/// An operation on the caller's own token, or on tokens of every organization, has no organization in its path.
fn is_in_organization(operation: &Operation) -> bool {
    operation.path.contains("{orgID}")
}

/// The rejected credentials that carry a token.
async fn rejected(api: &Api) -> Vec<String> {
    let (revoked, expired) = (api.token(&REQUIRED_SCOPES).await, api.token(&REQUIRED_SCOPES).await);
    api.revoke(revoked.id).await;
    api.let_expire(expired.id).await;
    let secret = &api.root.secret;
    let mut credentials = vec![
        "Bearer x".to_owned(),
        "bearer x y".to_owned(),
        "Bearer aether_nonsense".to_owned(),
        bearer(&secret.to_uppercase()),
        bearer(&unknown_secret()),
        bearer(&revoked.secret),
        bearer(&expired.secret),
    ];
    // Another last digit.
    let (rest, last) = secret.split_at(secret.len() - 1);
    credentials.push(bearer(&format!("{rest}{}", if last == "0" { "1" } else { "0" })));
    credentials
}

async fn every_operation_requires_its_scopes(api: Api) {
    for operation in &CONTRACT.operations {
        let target = api.token(&[]).await;
        let unrelated = api.token(&["conformance:unrelated"]).await;
        let response = send(&api, operation, &target, Some(&bearer(&unrelated.secret))).await;
        if operation.required_scopes.is_empty() {
            response.expect(operation.success().as_u16());
        } else {
            let response = response.expect(403);
            let required = operation.required_scopes.join(" ");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{required}""#);
            assert_eq!(response.header("www-authenticate"), Some(challenge.as_str()), "{}", operation.id);
            assert_eq!(response.code(), "insufficient_scope");
            assert!(api.accepts(&target.secret).await, "{} had an effect", operation.id);
        }
        let scopes: Vec<_> = operation.required_scopes.iter().map(String::as_str).collect();
        let caller = api.token(&scopes).await;
        send(&api, operation, &target, Some(&bearer(&caller.secret))).await.expect(operation.success().as_u16());
    }
}

async fn foreign_organization_is_404_for_every_operation(api: Api) {
    for operation in &CONTRACT.operations {
        let target = api.token(&[]).await;
        let caller = api.other_token(&REQUIRED_SCOPES).await;
        let expected = if is_in_organization(operation) { 404 } else { operation.success().as_u16() };
        send(&api, operation, &target, Some(&bearer(&caller.secret))).await.expect(expected);
        assert!(api.accepts(&target.secret).await, "{} had an effect", operation.id);
    }
}

async fn rejected_credentials_get_identical_401_bodies(api: Api) {
    let rejected = rejected(&api).await;
    for operation in &CONTRACT.operations {
        let target = api.token(&[]).await;
        let anonymous = send(&api, operation, &target, None).await.expect(401);
        for credential in &rejected {
            let response = send(&api, operation, &target, Some(credential)).await.expect(401);
            assert!(response.text() == anonymous.text(), "{credential}: {response:?}, and without it {anonymous:?}");
            assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#), "{credential}");
        }
        for without_token in [None, Some("Basic eDp5"), Some("Bearer"), Some("Bearer ")] {
            let response = send(&api, operation, &target, without_token).await.expect(401);
            assert_eq!(response.text(), anonymous.text(), "{without_token:?}");
            assert_eq!(response.header("www-authenticate"), Some("Bearer"), "{without_token:?}");
        }
        assert!(api.accepts(&target.secret).await, "{} had an effect", operation.id);
    }
}

/// The server's time is not before the estimated one, and the time of a response is not before its `Date`.
async fn token_is_rejected_from_its_expiry_on(api: Api) {
    let expires_at = api.now() + TimeDelta::milliseconds(1_500);
    let body = json!({"name": api.name("a"), "expires_at": expires_at.to_rfc3339()});
    let token = Token::from_json(&api.create(&body).await.expect(201).json());
    let mut accepted = 0;
    let use_it = async || {
        let begun = api.now();
        let response = api.send(api.get("/api/v1/authorize").bearer_auth(&token.secret)).await;
        if response.status.as_u16() == 200 {
            accepted += 1;
            let date = DateTime::parse_from_rfc2822(response.header("date").expect("Date")).expect("a date");
            assert!(date < expires_at, "{response:?} at {date}, and the token expires at {expires_at}");
            assert!(begun < expires_at, "{response:?} at {begun}, and the token expires at {expires_at}");
            return None;
        }
        Some(response.expect(401))
    };
    eventually("the expiry of a token", use_it).await;
    assert!(accepted > 0, "the token was not accepted before its expiry");
}

async fn scheme_is_compared_without_case(api: Api) {
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let request = api.anonymous(Method::GET, "/api/v1/api-tokens/current");
        api.send(request.header(AUTHORIZATION, format!("{scheme} {}", api.root.secret))).await.expect(200);
    }
}

// The order of the checks is credential, scope, organization, content. Only the first failure is reported.
async fn authentication_precedes_all_other_checks(api: Api) {
    let weak = api.token(&["conformance:unrelated"]).await;
    let invalid = |path: &str| api.anonymous(Method::POST, path).header("content-type", "text/plain").body("{");
    api.send(invalid(&api.tokens_path())).await.expect(401);
    api.send(invalid(&api.tokens_path()).bearer_auth(unknown_secret())).await.expect(401);
    api.send(invalid(&api.tokens_path()).bearer_auth(&weak.secret)).await.expect(403);
    api.send(invalid(&api.tokens_path()).bearer_auth(&api.root.secret)).await.expect(415);
    // A malformed organization id is a problem of the content.
    let malformed = api.post("/api/v1/organizations/x/api-tokens").json(&json!({}));
    assert_eq!(api.send(malformed).await.expect(422).problems(), ["orgID/invalid_format", "name/required"]);
}

async fn scope_precedes_organization(api: Api) {
    let weak = api.token(&["conformance:unrelated"]).await;
    let invalid = |path: &str| api.anonymous(Method::POST, path).header("content-type", "text/plain").body("{");
    let path = format!("/api/v1/organizations/{}/api-tokens", api.other().id);
    api.send(invalid(&path)).await.expect(401);
    api.send(invalid(&path).bearer_auth(&weak.secret)).await.expect(403);
    api.send(invalid(&path).bearer_auth(&api.root.secret)).await.expect(404);
}

async fn token_elsewhere_is_no_credential(api: Api) {
    let secret = &api.root.secret;
    let current = || api.anonymous(Method::GET, "/api/v1/api-tokens/current");
    for (name, value) in [
        ("authorization", format!("Token {secret}")),
        ("authorization", secret.clone()),
        ("authorization", format!("Bearer {secret}x")),
        ("authorization", format!("Bearer {secret} {secret}")),
        ("authorization", format!("Bearer Bearer {secret}")),
        ("x-api-key", secret.clone()),
        ("proxy-authorization", format!("Bearer {secret}")),
        ("cookie", format!("token={secret}; access_token={secret}; session={secret}")),
    ] {
        api.send(current().header(name, value)).await.expect(401);
    }
    // Of two credentials, none is taken. A gateway can reject the second header, which is a matter of HTTP.
    for (first, second) in [(secret.as_str(), "x"), ("x", secret)] {
        let request = api.deployment().http().get(api.url("/api/v1/api-tokens/current")).bearer_auth(first);
        let request = request.header(AUTHORIZATION, format!("Bearer {second}")).build().expect("a request");
        let (_, _, response) = api.deployment().execute(request).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(response.status.as_u16(), 400 | 401), "{response:?}");
    }
}
