//! Property test of privilege escalation: no sequence of requests gives a caller a secret with more scopes, or a longer
//! life, than its first token.

use aether_tests::{Response, Server, Token, text};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

crate::tests!(request_sequences_never_extend_scopes_or_life);

const SCOPES: [&str; 7] = ["*", "api-tokens:write", "api-tokens:*", "a:*", "a:b", "c", "api-tokens:read"];

/// The hours until the expiry. A token without it does not expire.
type Life = Option<i64>;

/// One request. `caller` is an index of the held tokens, `target` one of all tokens; both wrap around.
#[derive(Debug, Clone)]
enum Step {
    Create { caller: usize, scopes: Vec<usize>, life: Option<Life> },
    Update { caller: usize, target: usize, scopes: Option<Vec<usize>>, life: Life },
    Rotate { caller: usize, target: usize, grace_seconds: i32 },
    Revoke { caller: usize, target: usize },
}

fn scopes() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence((0..SCOPES.len()).collect::<Vec<_>>(), 0..4)
}

fn life() -> impl Strategy<Value = Life> {
    proptest::option::weighted(0.8, 1..6_i64)
}

fn step() -> impl Strategy<Value = Step> {
    let index = || 0..64_usize;
    prop_oneof![
        3 => (index(), scopes(), proptest::option::of(life()))
            .prop_map(|(caller, scopes, life)| Step::Create { caller, scopes, life }),
        2 => (index(), index(), proptest::option::of(scopes()), life())
            .prop_map(|(caller, target, scopes, life)| Step::Update { caller, target, scopes, life }),
        3 => (index(), index(), 0..600)
            .prop_map(|(caller, target, grace_seconds)| Step::Rotate { caller, target, grace_seconds }),
        1 => (index(), index()).prop_map(|(caller, target)| Step::Revoke { caller, target }),
    ]
}

fn timestamp(begun: DateTime<Utc>, hours: i64) -> String {
    (begun + Duration::hours(hours)).to_rfc3339()
}

fn scope_names(scopes: &[usize]) -> Vec<&'static str> {
    scopes.iter().map(|index| SCOPES[*index]).collect()
}

/// Returns whether a scope is covered. Implemented independently of the server on purpose.
fn covers(own: &[&str], scope: &str) -> bool {
    own.iter().any(|own| match own.strip_suffix(":*") {
        _ if *own == "*" || *own == scope => true,
        Some(below) => scope.split_once(':').is_some_and(|(first, _)| first == below),
        None => false,
    })
}

async fn create(server: &Server, secret: &str, scopes: &[&str], expires_at: Option<Value>) -> Response {
    let mut body = json!({"name": "a", "scopes": scopes});
    if let Some(expires_at) = expires_at {
        body["expires_at"] = expires_at;
    }
    server.send(server.post(&server.tokens_path()).bearer_auth(secret).json(&body)).await
}

/// Sends the requests from a token with these scopes and this life, and checks every secret that was obtained.
async fn run(server: &Server, (scopes, life): (Vec<usize>, Life), steps: Vec<Step>) {
    let begun = Utc::now();
    let expiry = |life: Life| json!(life.map(|hours| timestamp(begun, hours)));
    let own_scopes = scope_names(&scopes);
    let first = create(server, &server.owner.secret, &own_scopes, Some(expiry(life))).await.expect(201);
    let mut held = vec![Token::from_json(&first.json())];
    // Targets of various scopes and lives, whose secrets are not held.
    let mut targets = vec![held[0].id, server.owner.id];
    for (scopes, life) in [(&["c"][..], None), (&["c"], Some(1)), (&[], None), (&["a:b"], Some(5)), (&["*"], Some(1))] {
        let target = create(server, &server.owner.secret, scopes, Some(expiry(life))).await.expect(201);
        targets.push(Token::from_json(&target.json()).id);
    }
    for step in steps {
        let secret = |caller: usize| held[caller % held.len()].secret.clone();
        let target_id = |target: usize| targets[target % targets.len()];
        let response = match step {
            Step::Create { caller, scopes, life } => {
                create(server, &secret(caller), &scope_names(&scopes), life.map(expiry)).await
            }
            Step::Update { caller, target, scopes, life } => {
                let mut body = json!({});
                if let Some(scopes) = scopes {
                    body["scopes"] = json!(scope_names(&scopes));
                }
                if let Some(hours) = life {
                    body["expires_at"] = json!(timestamp(begun, hours));
                }
                let request = server.put(&server.token_path(target_id(target)));
                server.send(request.bearer_auth(secret(caller)).json(&body)).await
            }
            Step::Rotate { caller, target, grace_seconds } => {
                let request = server.post(&server.rotate_path(target_id(target)));
                let body = json!({"grace_seconds": grace_seconds});
                server.send(request.bearer_auth(secret(caller)).json(&body)).await
            }
            Step::Revoke { caller, target } => {
                let request = server.delete(&server.token_path(target_id(target)));
                server.send(request.bearer_auth(secret(caller))).await
            }
        };
        if response.status.as_u16() == 201 {
            let issued = Token::from_json(&response.json());
            targets.push(issued.id);
            held.push(issued);
        }
    }
    for Token { secret, .. } in held {
        let introspect = server.post("/api/v1/introspect").bearer_auth(&server.owner.secret);
        let response = server.send(introspect.form(&[("token", &secret)])).await;
        if response.status.as_u16() != 200 || response.json()["active"] == false {
            continue;
        }
        let description = response.json();
        for scope in text(&description["scope"]).split(' ').filter(|scope| !scope.is_empty()) {
            assert!(covers(&own_scopes, scope), "{scope} exceeds {own_scopes:?}");
        }
        if let Some(hours) = life {
            let limit = (begun + Duration::hours(hours)).timestamp();
            assert!(description["exp"].as_i64().is_some_and(|exp| exp <= limit), "{description} expires after {limit}");
        }
    }
}

async fn request_sequences_never_extend_scopes_or_life() {
    // The owner token can be a target, too, so each case has its own server.
    let runtime = tokio::runtime::Handle::current();
    let result = tokio::task::spawn_blocking(move || {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let inputs = ((scopes(), life()), proptest::collection::vec(step(), 1..30));
        TestRunner::new(config).run(&inputs, |(own, steps)| {
            runtime.block_on(async {
                let server = Server::start().await;
                run(&server, own, steps).await;
            });
            Ok(())
        })
    });
    result.await.unwrap().unwrap();
}
