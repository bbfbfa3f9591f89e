//! Rate limits per token, limits of rejected tokens per network, and the limits of an organization: number and life of tokens.

use aether_tests::contract::{CONTRACT, Operation};
use aether_tests::valid_request;
use aether_tests::{Options, Server, Token, unknown_secret};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

crate::tests!(
    every_operation_draws_from_bucket_of_token,
    headers_report_remaining_requests,
    concurrent_requests_draw_one_each,
    bucket_is_per_token_and_inherited_by_successor,
    verification_is_not_rate_limited,
    rejected_tokens_are_limited_by_address,
    authorize_returns_401_above_refusal_limit,
    malformed_tokens_do_not_count_as_rejections,
    forwarded_address_is_used_only_from_trusted_proxy,
    limits_set_to_off_are_not_applied,
    expiry_beyond_maximum_life_is_rejected_with_422,
    creation_above_token_limit_is_rejected_with_409,
    rotation_at_token_limit_is_accepted_once,
    successor_has_at_most_maximum_life,
);

/// Buckets that do not refill during a test.
const SLOW: [&str; 2] = ["--rate-limit=1", "--refusal-limit=1"];

fn is_rate_limited(operation: &Operation) -> bool {
    operation.responses.contains_key(&429)
        && !["authorizeRequest", "introspectApiToken"].contains(&operation.id.as_str())
}

async fn every_operation_draws_from_bucket_of_token() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"])).await;
    for operation in CONTRACT.operations.iter().filter(|operation| is_rate_limited(operation)) {
        let foreign = server.other_organization().await;
        // The path names the server's organization: the limit applies before the 404.
        let send = || server.send(valid_request(&server, operation, &foreign.root).bearer_auth(&foreign.root.secret));
        let first = send().await;
        assert_ne!(first.status.as_u16(), 429, "{}", operation.id);
        if operation.id == "revokeCurrentApiToken" {
            continue;
        }
        let second = send().await.expect(429);
        assert_eq!(second.code(), "rate_limited");
        let wait: i32 = second.header("retry-after").unwrap().parse().unwrap();
        assert!((58..=60).contains(&wait), "{wait}");
        assert_eq!(second.header("ratelimit-policy"), Some(r#""token";q=1;w=60"#));
        assert!(second.header("ratelimit").unwrap().starts_with(r#""token";r=0;t="#));
    }
    // Self-revocation is limited like any other request.
    let secret = server.other_organization().await.root.secret;
    server.send(server.get_current(&secret)).await.expect(200);
    server.send(server.delete("/api/v1/api-tokens/current").bearer_auth(&secret)).await.expect(429);
}

async fn headers_report_remaining_requests() {
    let server = Server::with(Options::arguments(&[])).await;
    let response = server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
    assert_eq!(response.header("ratelimit-policy"), Some(r#""token";q=120;w=72"#));
    assert_eq!(response.header("ratelimit"), Some(r#""token";r=119;t=1"#));
    let response = server.send(server.get_current("x")).await.expect(401);
    assert_eq!((response.header("ratelimit-policy"), response.header("ratelimit")), (None, None));

    // Every response to an authenticated request has the headers.
    let server = Server::with(Options::arguments(&SLOW)).await;
    let weak = server.token(&[]).await;
    let malformed = "/api/v1/organizations/x/api-tokens/y";
    for (secret, path, status, remaining) in [
        (&weak.secret, "/api/v1/api-tokens/current", 200, 119),
        (&weak.secret, &server.tokens_path(), 403, 118),
        // The owner token has created a token before.
        (&server.owner.secret, malformed, 422, 118),
        (&server.owner.secret, &server.token_path(uuid::Uuid::nil()), 404, 117),
    ] {
        let response = server.send(server.get(path).bearer_auth(secret)).await.expect(status);
        assert_eq!(response.header("ratelimit-policy"), Some(r#""token";q=120;w=7200"#));
        let header = response.header("ratelimit").unwrap();
        assert!(header.starts_with(&format!(r#""token";r={remaining};t="#)), "{header}");
    }
}

async fn concurrent_requests_draw_one_each() {
    let server = Server::with(Options::arguments(&SLOW)).await;
    let token = server.token(&[]).await;
    let current = || server.get_current(&token.secret);
    let responses = futures::future::join_all((0..150).map(|_| server.send(current()))).await;
    let accepted = responses.iter().filter(|response| response.status.as_u16() == 200).count();
    assert_eq!(accepted, 120);
}

async fn bucket_is_per_token_and_inherited_by_successor() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=10"])).await;
    let (one, two) = (server.token(&[]).await, server.token(&[]).await);
    let remaining = async |secret: &str| {
        let response = server.send(server.get_current(secret)).await.expect(200);
        let text = response.header("ratelimit").unwrap().to_owned();
        text.split("r=").nth(1).unwrap().split(';').next().unwrap().parse::<u32>().unwrap()
    };
    for expected in [9, 8, 7] {
        assert_eq!(remaining(&one.secret).await, expected);
    }
    assert_eq!(remaining(&two.secret).await, 9);
    // Otherwise, a token could refill its bucket by rotation.
    let rotate = server.post(&server.rotate_path(one.id)).bearer_auth(&one.secret).json(&json!({}));
    let successor = server.send(rotate).await.expect(201).json();
    assert_eq!(remaining(&Token::from_json(&successor).secret).await, 5);
}

async fn verification_is_not_rate_limited() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"])).await;
    for _ in 0..5 {
        let response = server.send(server.get("/api/v1/authorize")).await.expect(200);
        assert_eq!(response.header("ratelimit"), None);
        let introspect = server.post("/api/v1/introspect").form(&[("token", "x")]);
        server.send(introspect).await.expect(200);
    }
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(429);
    // An empty bucket does not block a gateway.
    server.send(server.get("/api/v1/authorize")).await.expect(200);
}

async fn rejected_tokens_are_limited_by_address() {
    let server = Server::with(Options::arguments(&["--refusal-limit=2", "--rate-limit=off"])).await;
    let unknown = unknown_secret();
    let revoked = server.token(&[]).await;
    server.revoke(revoked.id).await;
    server.send(server.get_current(&unknown)).await.expect(401);
    server.send(server.get_current(&revoked.secret)).await.expect(401);
    for secret in [&unknown, &revoked.secret] {
        let response = server.send(server.get_current(secret)).await.expect(429);
        assert_eq!(response.code(), "rate_limited");
        let wait: i32 = response.header("retry-after").unwrap().parse().unwrap();
        assert!((28..=30).contains(&wait), "{wait}");
        assert_eq!(response.header("ratelimit"), None, "the limit is not the token's");
    }
    // The limit applies to every operation that documents a 429, and never to an active token.
    for operation in &CONTRACT.operations {
        let target = Token { id: server.owner.id, secret: unknown.clone() };
        let expected = if operation.responses.contains_key(&429) { 429 } else { 401 };
        server.send(valid_request(&server, operation, &target).bearer_auth(&unknown)).await.expect(expected);
    }
    server.send(server.get_current(&server.owner.secret)).await.expect(200);
}

async fn authorize_returns_401_above_refusal_limit() {
    let server = Server::with(Options::arguments(&SLOW)).await;
    let unknown = unknown_secret();
    for _ in 0..5 {
        let response = server.send(server.get("/api/v1/authorize").bearer_auth(&unknown)).await.expect(401);
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    }
    // The tokens that authorizeRequest rejected still count for the address.
    server.send(server.get_current(&unknown)).await.expect(429);
}

async fn malformed_tokens_do_not_count_as_rejections() {
    let server = Server::with(Options::arguments(&SLOW)).await;
    let mistyped = format!("{}0", &server.owner.secret[..78]);
    let mistyped = if mistyped == server.owner.secret { format!("{}1", &server.owner.secret[..78]) } else { mistyped };
    for _ in 0..5 {
        server.send(server.anonymous(reqwest::Method::GET, "/api/v1/api-tokens/current")).await.expect(401);
        for malformed in ["x", &mistyped, &server.owner.secret.to_uppercase()] {
            server.send(server.get_current(malformed)).await.expect(401);
        }
    }
    let unknown = unknown_secret();
    // Introspection of an unknown token does not count either.
    for _ in 0..5 {
        server.send(server.post("/api/v1/introspect").form(&[("token", &unknown)])).await.expect(200);
    }
    server.send(server.get_current(&unknown)).await.expect(401);
    server.send(server.get_current(&unknown)).await.expect(429);
}

async fn forwarded_address_is_used_only_from_trusted_proxy() {
    let unknown = unknown_secret();
    for (trusted, expected) in [(vec![], 429), (vec!["--trusted-proxy=127.0.0.0/8,10.0.0.0/8"], 401)] {
        let server = Server::with(Options::arguments(&[&SLOW[..], &trusted].concat())).await;
        let from = |address: &str| {
            let request = server.get_current(&unknown);
            request.header("x-forwarded-for", address)
        };
        server.send(from("203.0.113.1")).await.expect(401);
        server.send(from("198.51.100.1, 203.0.113.2, 10.1.1.1")).await.expect(expected);
        // An IPv6 network is one client.
        server.send(from("2001:db8::1")).await.expect(expected);
        server.send(from("2001:db8::2")).await.expect(429);
        server.send(from("198.51.100.9, 203.0.113.2")).await.expect(429);
        // An entry may have a port, which does not count.
        server.send(from("203.0.113.3:5000, 10.1.1.1:80")).await.expect(expected);
        server.send(from("203.0.113.3:5001")).await.expect(429);
        server.send(from("[2001:db8:1::1]:443")).await.expect(expected);
        server.send(from("[2001:db8:1::2]")).await.expect(429);
    }
}

async fn limits_set_to_off_are_not_applied() {
    let server = Server::with(Options::arguments(&["--rate-limit=off", "--refusal-limit=off"])).await;
    let unknown = unknown_secret();
    for _ in 0..150 {
        let response = server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
        assert_eq!((response.header("ratelimit-policy"), response.header("ratelimit")), (None, None));
        server.send(server.get_current(&unknown)).await.expect(401);
    }
}

async fn expiry_beyond_maximum_life_is_rejected_with_422() {
    let server = Server::with(Options::arguments(&["--max-token-life=30d"])).await;
    let maximum = Utc::now() + Duration::days(30);
    let issued = server.create(&json!({"name": "a"})).await.expect(201).json();
    let expires_at: DateTime<Utc> = issued["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((expires_at - maximum).abs() < Duration::minutes(1), "{expires_at}");
    let after_maximum = json!({"name": "a", "expires_at": (maximum + Duration::minutes(5)).to_rfc3339()});
    assert_eq!(server.create(&after_maximum).await.expect(422).problems(), ["expires_at/out_of_range"]);
    let before_maximum = json!({"name": "a", "expires_at": (maximum - Duration::minutes(5)).to_rfc3339()});
    server.create(&before_maximum).await.expect(201);
    // A successor inherits the expiry of its predecessor.
    let id = Token::from_json(&issued).id;
    let successor = server.send(server.post(&server.rotate_path(id)).json(&json!({}))).await.expect(201).json();
    assert_eq!(successor["expires_at"], issued["expires_at"]);
}

async fn creation_above_token_limit_is_rejected_with_409() {
    let server = Server::with(Options::arguments(&["--max-tokens=3"])).await;
    let (token, _other) = (server.token(&[]).await, server.token(&[]).await);
    let response = server.create(&json!({"name": "a"})).await.expect(409);
    assert_eq!(response.code(), "limit_reached");
    // The limit is per organization.
    let foreign = server.other_organization().await;
    let path = format!("/api/v1/organizations/{}/api-tokens", foreign.id);
    server.send(server.post(&path).bearer_auth(&foreign.root.secret).json(&json!({"name": "a"}))).await.expect(201);
    // A revoked token no longer counts.
    server.revoke(token.id).await;
    server.token(&[]).await;
}

/// A predecessor in its grace period does not count while its successor is active and not rotated itself.
async fn rotation_at_token_limit_is_accepted_once() {
    let server = Server::with(Options::arguments(&["--max-tokens=3"])).await;
    let (one, other) = (server.token(&[]).await, server.token(&[]).await);
    let rotate = |token: &Token, body| server.post(&server.rotate_path(token.id)).json(&body);
    let itself = rotate(&one, json!({})).bearer_auth(&one.secret);
    let successor = Token::from_json(&server.send(itself).await.expect(201).json());
    server.send(rotate(&other, json!({"grace_seconds": 60}))).await.expect(201);
    assert!(server.accepts(&one.secret).await && server.accepts(&other.secret).await, "five active tokens");
    let full = async || server.create(&json!({"name": "a"})).await;
    assert_eq!(full().await.expect(409).code(), "limit_reached");
    for body in [json!({"grace_seconds": 60}), json!({})] {
        assert_eq!(server.send(rotate(&successor, body)).await.expect(409).code(), "limit_reached");
    }
    assert!(server.accepts(&successor.secret).await, "the token is unchanged");
    // When the grace period is over, the successor can be rotated.
    server.expire(one.id);
    let next = Token::from_json(&server.send(rotate(&successor, json!({}))).await.expect(201).json());
    // The revocation of a successor makes room if its predecessor is not active.
    server.revoke(next.id).await;
    server.token(&[]).await;
    assert_eq!(full().await.expect(409).code(), "limit_reached");
}

async fn successor_has_at_most_maximum_life() {
    let server = Server::with(Options::default().and("--max-token-life=1h")).await;
    let maximum = || Utc::now() + Duration::hours(1);
    // An owner token is not limited, and neither is a token from before the limit.
    let old = server.token(&[]).await;
    server.unexpire(old.id);
    for token in [&server.owner, &old] {
        let rotate = server.post(&server.rotate_path(token.id)).bearer_auth(&token.secret).json(&json!({}));
        let successor = server.send(rotate).await.expect(201).json();
        let expires_at: DateTime<Utc> = successor["expires_at"].as_str().unwrap().parse().unwrap();
        assert!((expires_at - maximum()).abs() < Duration::minutes(1), "{expires_at}");
    }
}
