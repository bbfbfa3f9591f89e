//! The rate limit of a token.

use futures::future::join_all;
use serde_json::json;

use crate::{Api, Response, Token};

super::tests!(
    responses_report_the_remaining_requests needs RateLimit,
    empty_bucket_is_rejected_with_429 needs RateLimit,
    verification_draws_from_no_bucket needs RateLimit,
    successor_inherits_the_bucket needs RateLimit,
);

/// A larger bucket would take too many requests.
const LARGEST: usize = 1_000;

/// The remaining requests that a response reports.
fn remaining(response: &Response) -> usize {
    let parameter = |header: &str| header.split(';').find_map(|part| part.strip_prefix("r=")?.parse().ok());
    response.header("ratelimit").and_then(parameter).unwrap_or_else(|| panic!("{response:?}: no RateLimit"))
}

/// Takes every request from the bucket of a token, and returns the 429.
async fn empty(api: &Api, token: &Token) -> Response {
    let current = || api.send_once(api.get_current(&token.secret));
    let left = remaining(&current().await.expect(200));
    if left > LARGEST {
        super::skip("needs a smaller rate limit");
    }
    // The bucket is refilled meanwhile.
    for _ in 0..10 {
        let responses = join_all((0..left / 2 + 5).map(|_| current())).await;
        if let Some(rejected) = responses.into_iter().find(|response| response.status.as_u16() == 429) {
            return rejected;
        }
    }
    panic!("{} requests were accepted, and {left} were left", 10 * (left / 2 + 5));
}

async fn responses_report_the_remaining_requests(api: Api) {
    let token = api.token(&[]).await;
    let requests = [
        (api.get_current(&token.secret), 200),
        (api.get(&api.tokens_path()).bearer_auth(&token.secret), 403),
        (api.get("/api/v1/organizations/x/api-tokens/y").bearer_auth(&token.secret), 403),
        (api.get_current(&token.secret), 200),
    ];
    let mut left = Vec::new();
    for (request, status) in requests {
        left.push(remaining(&api.send_once(request).await.expect(status)));
    }
    // It is refilled meanwhile, by less than one for each request.
    assert!(left.is_sorted_by(|one, next| one > next), "{left:?}");
    let refused = api.send_once(api.get_current("x")).await.expect(401);
    assert_eq!((refused.header("ratelimit-policy"), refused.header("ratelimit")), (None, None));
}

async fn empty_bucket_is_rejected_with_429(api: Api) {
    let (token, other) = (api.token(&[]).await, api.token(&[]).await);
    let rejected = empty(&api, &token).await;
    assert_eq!(rejected.code(), "rate_limited");
    let wait: u64 = rejected.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!(wait > 0, "{wait}");
    assert_eq!(remaining(&rejected), 0);
    // The bucket is that of one token.
    api.send_once(api.get_current(&other.secret)).await.expect(200);
    // A deployment that waits is asked again after the time of `Retry-After`.
    if api.deployment().is_live() {
        api.send(api.get_current(&token.secret)).await.expect(200);
    }
}

async fn verification_draws_from_no_bucket(api: Api) {
    let token = api.token(&["api-tokens:introspect"]).await;
    empty(&api, &token).await;
    // A gateway is not blocked by the limit of its token, or of that of its client.
    for _ in 0..3 {
        let response = api.send_once(api.get("/api/v1/authorize").bearer_auth(&token.secret)).await.expect(200);
        assert_eq!(response.header("ratelimit"), None);
        let introspect = api.post("/api/v1/introspect").bearer_auth(&token.secret).form(&[("token", "x")]);
        api.send_once(introspect).await.expect(200);
    }
}

/// Otherwise, a token could refill its bucket by rotation.
async fn successor_inherits_the_bucket(api: Api) {
    let token = api.token(&[]).await;
    let before = remaining(&api.send_once(api.get_current(&token.secret)).await.expect(200));
    let used = join_all((0..before / 2).map(|_| api.send_once(api.get_current(&token.secret)))).await;
    let left = used.iter().map(remaining).min().unwrap_or(before);
    let rotate = api.post(&api.rotate_path(token.id)).bearer_auth(&token.secret).json(&json!({}));
    let successor = Token::from_json(&api.send_once(rotate).await.expect(201).json());
    let inherited = remaining(&api.send_once(api.get_current(&successor.secret)).await.expect(200));
    // It is refilled meanwhile.
    assert!(
        inherited < usize::midpoint(left, before),
        "{before} were left, {left} after use, {inherited} of the successor"
    );
}
