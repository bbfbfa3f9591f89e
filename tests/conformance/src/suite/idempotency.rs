//! `Idempotency-Key` on createApiToken and rotateApiToken.

use crate::{Api, Token};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

super::tests!(
    repeated_request_is_replayed_without_new_token,
    rotation_is_replayed_for_predecessor_in_grace_period,
    different_request_with_used_key_is_rejected_with_409,
    same_key_of_two_callers_creates_two_tokens,
    concurrent_requests_with_one_key_create_one_token,
    failed_requests_are_not_recorded,
    replay_beyond_present_scopes_is_rejected,
    replay_does_not_depend_on_expiry_or_state,
    invalid_key_is_rejected_with_422,
    invalid_request_with_used_key_is_rejected_with_422,
    rejection_is_not_recorded_but_the_retry_is_executed,
    organization_in_another_case_is_the_same_request,
);

const KEY: &str = "idempotency-key";

fn create(api: &Api, key: &str, body: &Value) -> RequestBuilder {
    api.post(&api.tokens_path()).header(KEY, api.key(key)).json(body)
}

/// The number of tokens of the test, successors included.
async fn count_tokens(api: &Api) -> usize {
    api.list(&format!("name_prefix={}", api.name("").replace(' ', "%20"))).await.len()
}

async fn repeated_request_is_replayed_without_new_token(api: Api) {
    let body = json!({"name": api.name("a"), "scopes": ["conformance:x"], "expires_at": null});
    let first = api.send(create(&api, "k", &body)).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    // Later changes of the token do not change the replay.
    let token = Token::from_json(&first.json());
    api.send(api.put(&api.token_path(token.id)).json(&json!({"name": api.name("renamed")}))).await.expect(200);
    assert!(api.accepts(&token.secret).await);
    // The same value in another notation.
    let reordered =
        format!(r#"{{ "expires_at": null, "scopes": ["conformance:\u0078"], "name": {} }}"#, json!(api.name("a")));
    let equivalent = api.post(&api.tokens_path()).header(KEY, api.key("k")).header("content-type", "application/json");
    for request in [create(&api, "k", &body), equivalent.body(reordered)] {
        let replay = api.send(request).await.expect(201);
        assert_eq!(replay.text(), first.text(), "the replay has the same bytes");
        assert_eq!(replay.header("idempotency-replayed"), Some("true"));
        assert_eq!(replay.header("cache-control"), Some("no-store"));
    }
    // The token was renamed to another name of the test.
    assert_eq!(count_tokens(&api).await, 1);
}

async fn rotation_is_replayed_for_predecessor_in_grace_period(api: Api) {
    let token = api.token(&[]).await;
    let rotate = || {
        let request = api.post(&api.rotate_path(token.id)).bearer_auth(&token.secret);
        request.header(KEY, api.key("k")).json(&json!({"grace_seconds": 60}))
    };
    let first = api.send(rotate()).await.expect(201);
    let replay = api.send(rotate()).await.expect(201);
    assert_eq!((replay.text(), replay.headers.get("idempotency-replayed").is_some()), (first.text(), true));
    assert_eq!(count_tokens(&api).await, 2, "the token and one successor");
}

async fn different_request_with_used_key_is_rejected_with_409(api: Api) {
    api.send(create(&api, "k", &json!({"name": api.name("a")}))).await.expect(201);
    let target = api.token(&[]).await;
    let requests = [
        create(&api, "k", &json!({"name": api.name("b")})),
        create(&api, "k", &json!({"name": api.name("a"), "scopes": []})),
        create(&api, "k", &json!({"name": api.name("a"), "expires_at": null})),
        api.post(&api.rotate_path(target.id)).header(KEY, api.key("k")).json(&json!({})),
    ];
    for request in requests {
        let response = api.send(request).await.expect(409);
        assert_eq!((response.code().as_str(), response.header("retry-after")), ("idempotency_key_reused", None));
    }
    api.send(create(&api, "l", &json!({"name": api.name("b")}))).await.expect(201);
}

async fn same_key_of_two_callers_creates_two_tokens(api: Api) {
    let (one, two) = (api.token(&["api-tokens:write"]).await, api.token(&["api-tokens:write"]).await);
    let mut created = Vec::new();
    for secret in [&one.secret, &two.secret] {
        let response =
            api.send(create(&api, "k", &json!({"name": api.name("a")})).bearer_auth(secret)).await.expect(201);
        assert_eq!(response.header("idempotency-replayed"), None);
        created.push(response.json()["id"].clone());
    }
    assert_ne!(created[0], created[1]);
}

async fn concurrent_requests_with_one_key_create_one_token(api: Api) {
    let requests = (0..40).map(|_| api.send(create(&api, "k", &json!({"name": api.name("a")}))));
    let mut tokens = Vec::new();
    for response in futures::future::join_all(requests).await {
        match response.status.as_u16() {
            201 => tokens.push(response.json()["token"].clone()),
            409 => assert_eq!(response.header("retry-after"), Some("1")),
            other => panic!("{other}"),
        }
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(count_tokens(&api).await, 1);
}

async fn failed_requests_are_not_recorded(api: Api) {
    api.send(create(&api, "k", &json!({"name": ""}))).await.expect(422);
    let revoked = api.token(&[]).await;
    api.revoke(revoked.id).await;
    api.send(api.post(&api.rotate_path(revoked.id)).header(KEY, api.key("k")).json(&json!({}))).await.expect(409);
    let response = api.send(create(&api, "k", &json!({"name": api.name("a")}))).await.expect(201);
    assert_eq!(response.header("idempotency-replayed"), None);
}

/// A caller that was narrowed since does not receive a secret that it could no longer create.
async fn replay_beyond_present_scopes_is_rejected(api: Api) {
    let creator = api.token(&["api-tokens:write", "conformance:x:*", "conformance:y"]).await;
    let body = json!({"name": api.name("a"), "scopes": ["conformance:x:1", "conformance:y", "conformance:x:2"]});
    let request = |body: &Value| create(&api, "k", body).bearer_auth(&creator.secret);
    let narrow = |id, scopes: &[&str]| api.put(&api.token_path(id)).json(&json!({"scopes": scopes}));
    let first = api.send(request(&body)).await.expect(201);
    api.send(narrow(creator.id, &["api-tokens:write", "conformance:y"])).await.expect(200);
    let rejected = api.send(request(&body)).await.expect(422);
    assert_eq!(rejected.problems(), ["scopes[0]/exceeds_grant", "scopes[2]/exceeds_grant"]);
    // A different request is a conflict before that.
    let different = json!({"name": api.name("b"), "scopes": ["conformance:x:1"]});
    assert_eq!(api.send(request(&different)).await.expect(409).code(), "idempotency_key_reused");
    // The token that was created stays as it is.
    assert!(api.accepts(&Token::from_json(&first.json()).secret).await);

    // The same holds for rotations, of another token and of the caller itself.
    let (caller, target) =
        (api.token(&["api-tokens:write", "conformance:x"]).await, api.token(&["conformance:x"]).await);
    for (caller, target) in [(&caller, &target), (&caller, &caller)] {
        let rotate = || {
            let request = api.post(&api.rotate_path(target.id)).bearer_auth(&caller.secret);
            request.header(KEY, target.id.to_string()).json(&json!({"grace_seconds": 600}))
        };
        let first = api.send(rotate()).await.expect(201);
        assert_eq!(api.send(rotate()).await.expect(201).text(), first.text());
        if caller.id == target.id {
            api.send(narrow(caller.id, &["api-tokens:write"])).await.expect(200);
            let rejected = api.send(rotate()).await.expect(403);
            assert_eq!(rejected.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        }
    }
    let other = api.post(&api.rotate_path(target.id)).bearer_auth(&caller.secret);
    api.send(other.header(KEY, target.id.to_string()).json(&json!({"grace_seconds": 600}))).await.expect(403);
}

async fn replay_does_not_depend_on_expiry_or_state(api: Api) {
    let creator = api.token(&["api-tokens:write"]).await;
    let body = json!({"name": api.name("a"), "expires_at": api.in_minutes(30)});
    let request = || create(&api, "k", &body).bearer_auth(&creator.secret);
    let first = api.send(request()).await.expect(201);
    api.revoke(Token::from_json(&first.json()).id).await;
    let shortened = json!({"expires_at": api.in_minutes(20)});
    api.send(api.put(&api.token_path(creator.id)).json(&shortened)).await.expect(200);
    assert_eq!(api.send(request()).await.expect(201).text(), first.text());
    // With another key, the request is invalid.
    let other = create(&api, "l", &body).bearer_auth(&creator.secret);
    assert_eq!(api.send(other).await.expect(422).problems(), ["expires_at/exceeds_grant"]);
}

async fn invalid_key_is_rejected_with_422(api: Api) {
    let post = |key: &[u8]| {
        let key = reqwest::header::HeaderValue::from_bytes(key).unwrap();
        api.post(&api.tokens_path()).header(KEY, key).json(&json!({"name": api.name("a")}))
    };
    for (key, code) in [
        (&b""[..], "too_short"),
        (&[b'k'; 256], "too_long"),
        (b"a b", "invalid_format"),
        (b"\xc3\xa9", "invalid_format"),
    ] {
        let problems = api.send(post(key)).await.expect(422).problems();
        assert_eq!(problems, [format!("Idempotency-Key/{code}")], "{key:?}");
    }
    let twice = api.send(post(b"k").header(KEY, api.key("k"))).await.expect(422);
    assert_eq!(twice.problems(), ["Idempotency-Key/duplicate"]);
    api.send(post(&[b'~'; 255])).await.expect(201);
    // Other operations ignore the header.
    api.send(api.get(&api.tokens_path()).header(KEY, "a b")).await.expect(200);
}

async fn invalid_request_with_used_key_is_rejected_with_422(api: Api) {
    api.send(create(&api, "k", &json!({"name": api.name("a")}))).await.expect(201);
    api.send(create(&api, "k", &json!({"name": ""}))).await.expect(422);
}

async fn rejection_is_not_recorded_but_the_retry_is_executed(api: Api) {
    let caller = api.token(&["api-tokens:write"]).await;
    let target = api.token(&["conformance:x"]).await;
    let rotate = || {
        let request = api.post(&api.rotate_path(target.id)).bearer_auth(&caller.secret).header(KEY, api.key("k"));
        api.send(request.json(&json!({"grace_seconds": 60})))
    };
    rotate().await.expect(403);
    api.send(api.put(&api.token_path(target.id)).json(&json!({"scopes": []}))).await.expect(200);
    let first = rotate().await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(rotate().await.expect(201).text(), first.text());
}

async fn organization_in_another_case_is_the_same_request(api: Api) {
    let body = json!({"name": api.name("a")});
    let first = api.send(create(&api, "k", &body)).await.expect(201);
    let path = format!("/api/v1/organizations/{}/api-tokens", api.organization_id.to_string().to_uppercase());
    let again = api.send(api.post(&path).header(KEY, api.key("k")).json(&body)).await.expect(201);
    assert_eq!(again.text(), first.text());
}
