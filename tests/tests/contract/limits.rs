//! How much anybody may ask for: each token of everything, each address of refused tokens, and each organization of
//! tokens and of their life.

use aether_tests::ask::{About, about};
use aether_tests::contract::{CONTRACT, Operation};
use aether_tests::{Options, Server};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

crate::tests!(
    a_token_has_a_bucket_that_every_operation_takes_from,
    the_headers_say_what_is_left,
    one_request_takes_one,
    each_token_has_its_own_and_a_successor_its_predecessors,
    verification_takes_none,
    refused_tokens_are_limited_by_address,
    a_gateway_is_told_401_and_no_429,
    what_cannot_be_a_token_takes_none,
    only_a_trusted_proxy_says_who_asks,
    limits_can_be_switched_off,
    no_token_lives_longer_than_the_operator_allows,
    an_organization_has_no_more_tokens_than_it_may,
);

/// Too slow to fill while a test runs.
const SLOW: [&str; 2] = ["--rate-limit=1", "--refusal-limit=1"];

fn limited(operation: &Operation) -> bool {
    operation.responses.contains_key(&429)
        && !["authorizeRequest", "introspectApiToken"].contains(&operation.id.as_str())
}

async fn a_token_has_a_bucket_that_every_operation_takes_from() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"])).await;
    for operation in CONTRACT.operations.iter().filter(|operation| limited(operation)) {
        let foreign = server.other_organization().await;
        let target = About { id: foreign.owner_id, token: &foreign.owner };
        // In its own organization there is nothing to be found, but that comes later than the limit.
        let ask = || server.send(about(&server, operation, target).bearer_auth(&foreign.owner));
        let first = ask().await;
        assert_ne!(first.status.as_u16(), 429, "{}", operation.id);
        if operation.id == "revokeCurrentApiToken" {
            continue;
        }
        let second = ask().await.expect(429);
        assert_eq!(second.code(), "rate_limited");
        let wait: i32 = second.header("retry-after").unwrap().parse().unwrap();
        assert!((58..=60).contains(&wait), "{wait}");
        assert_eq!(second.header("ratelimit-policy"), Some(r#""token";q=1;w=60"#));
        assert!(second.header("ratelimit").unwrap().starts_with(r#""token";r=0;t="#));
    }
    // A token that ends itself can be told to wait like any other.
    let token = server.other_organization().await.owner;
    server.send(server.get("/api/v1/api-tokens/current").bearer_auth(&token)).await.expect(200);
    server.send(server.delete("/api/v1/api-tokens/current").bearer_auth(&token)).await.expect(429);
}

async fn the_headers_say_what_is_left() {
    let server = Server::with(Options::arguments(&[])).await;
    let answer = server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
    assert_eq!(answer.header("ratelimit-policy"), Some(r#""token";q=120;w=72"#));
    assert_eq!(answer.header("ratelimit"), Some(r#""token";r=119;t=1"#));
    let answer = server.send(server.get("/api/v1/api-tokens/current").bearer_auth("x")).await.expect(401);
    assert_eq!((answer.header("ratelimit-policy"), answer.header("ratelimit")), (None, None));

    // The same on an answer of whatever kind, once it is known who asks.
    let server = Server::with(Options::arguments(&SLOW)).await;
    let weak = server.token(&[]).await;
    let malformed = "/api/v1/organizations/x/api-tokens/y";
    for (token, path, status, left) in [
        (&weak.token, "/api/v1/api-tokens/current", 200, 119),
        (&weak.token, &server.tokens_path(), 403, 118),
        // The owner has made a token before.
        (&server.owner, malformed, 422, 118),
        (&server.owner, &server.token_path(uuid::Uuid::nil()), 404, 117),
    ] {
        let answer = server.send(server.get(path).bearer_auth(token)).await.expect(status);
        assert_eq!(answer.header("ratelimit-policy"), Some(r#""token";q=120;w=7200"#));
        let told = answer.header("ratelimit").unwrap();
        assert!(told.starts_with(&format!(r#""token";r={left};t="#)), "{told}");
    }
}

async fn one_request_takes_one() {
    let server = Server::with(Options::arguments(&SLOW)).await;
    let token = server.token(&[]).await;
    let current = || server.get("/api/v1/api-tokens/current").bearer_auth(&token.token);
    let answers = futures::future::join_all((0..150).map(|_| server.send(current()))).await;
    let passed = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert_eq!(passed, 120);
}

async fn each_token_has_its_own_and_a_successor_its_predecessors() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=10"])).await;
    let (one, two) = (server.token(&[]).await, server.token(&[]).await);
    let left = async |token: &str| {
        let answer = server.send(server.get("/api/v1/api-tokens/current").bearer_auth(token)).await.expect(200);
        let text = answer.header("ratelimit").unwrap().to_owned();
        text.split("r=").nth(1).unwrap().split(';').next().unwrap().parse::<u32>().unwrap()
    };
    for expected in [9, 8, 7] {
        assert_eq!(left(&one.token).await, expected);
    }
    assert_eq!(left(&two.token).await, 9);
    // Or a token could have a full bucket whenever it likes.
    let rotate = server.post(&server.rotate_path(one.id)).bearer_auth(&one.token).json(&json!({}));
    let successor = server.send(rotate).await.expect(201).json();
    assert_eq!(left(successor["token"].as_str().unwrap()).await, 5);
}

async fn verification_takes_none() {
    let server = Server::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"])).await;
    for _ in 0..5 {
        let answer = server.send(server.get("/api/v1/authorize")).await.expect(200);
        assert_eq!(answer.header("ratelimit"), None);
        let introspect = server.post("/api/v1/introspect").form(&[("token", "x")]);
        server.send(introspect).await.expect(200);
    }
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
    server.send(server.get("/api/v1/api-tokens/current")).await.expect(429);
    // An empty bucket does not keep a gateway from asking.
    server.send(server.get("/api/v1/authorize")).await.expect(200);
}

/// Well-formed, and known to nobody here.
async fn strangers() -> String {
    Server::start().await.owner.clone()
}

async fn refused_tokens_are_limited_by_address() {
    let server = Server::with(Options::arguments(&["--refusal-limit=2", "--rate-limit=off"])).await;
    let stranger = strangers().await;
    let revoked = server.token(&[]).await;
    server.send(server.delete(&server.token_path(revoked.id))).await.expect(204);
    let current = |token: &str| server.get("/api/v1/api-tokens/current").bearer_auth(token);
    server.send(current(&stranger)).await.expect(401);
    server.send(current(&revoked.token)).await.expect(401);
    for token in [&stranger, &revoked.token] {
        let answer = server.send(current(token)).await.expect(429);
        assert_eq!(answer.code(), "rate_limited");
        let wait: i32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((28..=30).contains(&wait), "{wait}");
        assert_eq!(answer.header("ratelimit"), None, "it is not the token's own limit");
    }
    // It holds for every operation that knows a 429, and a good token is never kept out by bad ones.
    for operation in &CONTRACT.operations {
        let target = About { id: server.owner_id, token: &stranger };
        let expected = if operation.responses.contains_key(&429) { 429 } else { 401 };
        server.send(about(&server, operation, target).bearer_auth(&stranger)).await.expect(expected);
    }
    server.send(current(&server.owner)).await.expect(200);
}

async fn a_gateway_is_told_401_and_no_429() {
    let server = Server::with(Options::arguments(&SLOW)).await;
    let stranger = strangers().await;
    for _ in 0..5 {
        let answer = server.send(server.get("/api/v1/authorize").bearer_auth(&stranger)).await.expect(401);
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    }
    // But what it brings counts for whoever sent it.
    server.send(server.get("/api/v1/api-tokens/current").bearer_auth(&stranger)).await.expect(429);
}

async fn what_cannot_be_a_token_takes_none() {
    let server = Server::with(Options::arguments(&SLOW)).await;
    let mistyped = format!("{}0", &server.owner[..78]);
    let mistyped = if mistyped == server.owner { format!("{}1", &server.owner[..78]) } else { mistyped };
    for _ in 0..5 {
        server.send(server.anonymous(reqwest::Method::GET, "/api/v1/api-tokens/current")).await.expect(401);
        for junk in ["x", &mistyped, &server.owner.to_uppercase()] {
            server.send(server.get("/api/v1/api-tokens/current").bearer_auth(junk)).await.expect(401);
        }
    }
    let stranger = strangers().await;
    // Nor does a token that is only asked about.
    for _ in 0..5 {
        server.send(server.post("/api/v1/introspect").form(&[("token", &stranger)])).await.expect(200);
    }
    server.send(server.get("/api/v1/api-tokens/current").bearer_auth(&stranger)).await.expect(401);
    server.send(server.get("/api/v1/api-tokens/current").bearer_auth(&stranger)).await.expect(429);
}

async fn only_a_trusted_proxy_says_who_asks() {
    let stranger = strangers().await;
    for (trusted, expected) in [(vec![], 429), (vec!["--trusted-proxy=127.0.0.0/8,10.0.0.0/8"], 401)] {
        let server = Server::with(Options::arguments(&[&SLOW[..], &trusted].concat())).await;
        let from = |address: &str| {
            let request = server.get("/api/v1/api-tokens/current").bearer_auth(&stranger);
            request.header("x-forwarded-for", address)
        };
        server.send(from("203.0.113.1")).await.expect(401);
        server.send(from("198.51.100.1, 203.0.113.2, 10.1.1.1")).await.expect(expected);
        // One network of IPv6 is one client.
        server.send(from("2001:db8::1")).await.expect(expected);
        server.send(from("2001:db8::2")).await.expect(429);
        server.send(from("198.51.100.9, 203.0.113.2")).await.expect(429);
    }
}

async fn limits_can_be_switched_off() {
    let server = Server::with(Options::arguments(&["--rate-limit=off", "--refusal-limit=off"])).await;
    let stranger = strangers().await;
    for _ in 0..150 {
        let answer = server.send(server.get("/api/v1/api-tokens/current")).await.expect(200);
        assert_eq!((answer.header("ratelimit-policy"), answer.header("ratelimit")), (None, None));
        server.send(server.get("/api/v1/api-tokens/current").bearer_auth(&stranger)).await.expect(401);
    }
}

async fn no_token_lives_longer_than_the_operator_allows() {
    let server = Server::with(Options::arguments(&["--max-token-life=30d"])).await;
    let month = Utc::now() + Duration::days(30);
    let issued = server.create(&json!({"name": "a"})).await.expect(201).json();
    let expires_at: DateTime<Utc> = issued["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((expires_at - month).abs() < Duration::minutes(1), "{expires_at}");
    let late = json!({"name": "a", "expires_at": (month + Duration::minutes(5)).to_rfc3339()});
    assert_eq!(server.create(&late).await.expect(422).problems(), ["expires_at/out_of_range"]);
    let early = json!({"name": "a", "expires_at": (month - Duration::minutes(5)).to_rfc3339()});
    server.create(&early).await.expect(201);
    // A successor lives as long as its predecessor would have, and no longer.
    let id = issued["id"].as_str().unwrap().parse().unwrap();
    let successor = server.send(server.post(&server.rotate_path(id)).json(&json!({}))).await.expect(201).json();
    assert_eq!(successor["expires_at"], issued["expires_at"]);
}

async fn an_organization_has_no_more_tokens_than_it_may() {
    let server = Server::with(Options::arguments(&["--max-tokens=3"])).await;
    let (one, _two) = (server.token(&[]).await, server.token(&[]).await);
    let full = server.create(&json!({"name": "a"})).await.expect(409);
    assert_eq!(full.code(), "limit_reached");
    // Another organization has a limit of its own.
    let foreign = server.other_organization().await;
    let path = format!("/api/v1/organizations/{}/api-tokens", foreign.id);
    server.send(server.post(&path).bearer_auth(&foreign.owner).json(&json!({"name": "a"}))).await.expect(201);
    // A rotation that leaves both would be one too many; one that does not is none.
    let rotate = |grace: i32| server.post(&server.rotate_path(one.id)).json(&json!({"grace_seconds": grace}));
    assert_eq!(server.send(rotate(60)).await.expect(409).code(), "limit_reached");
    assert!(server.is_live(&one.token).await, "nothing happened");
    let successor = server.send(rotate(0)).await.expect(201).json();
    // Whatever ends makes room.
    let id = successor["id"].as_str().unwrap().parse().unwrap();
    server.send(server.delete(&server.token_path(id))).await.expect(204);
    server.token(&[]).await;
}
