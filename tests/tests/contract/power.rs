//! Whatever a token does with itself and with the tokens around it, it never holds a secret that may do more, or lives
//! longer, than it could when it began.

use aether_tests::{Answer, Server};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

crate::tests!(no_sequence_of_requests_yields_more_power_or_a_longer_life);

const SCOPES: [&str; 7] = ["*", "api-tokens:write", "api-tokens:*", "a:*", "a:b", "c", "api-tokens:read"];

/// A point in the future, in hours; nothing for never.
type Life = Option<i64>;

/// One request: by one of the secrets that are held, about one of all tokens.
#[derive(Debug, Clone)]
enum Step {
    Create { by: usize, scopes: Vec<usize>, life: Option<Life> },
    Update { by: usize, target: usize, scopes: Option<Vec<usize>>, life: Life },
    Rotate { by: usize, target: usize, grace: i32 },
    Revoke { by: usize, target: usize },
}

fn scopes() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence((0..SCOPES.len()).collect::<Vec<_>>(), 0..4)
}

fn life() -> impl Strategy<Value = Life> {
    proptest::option::weighted(0.8, 1..6_i64)
}

fn step() -> impl Strategy<Value = Step> {
    let any = || 0..64_usize;
    prop_oneof![
        3 => (any(), scopes(), proptest::option::of(life())).prop_map(|(by, scopes, life)| Step::Create { by, scopes, life }),
        2 => (any(), any(), proptest::option::of(scopes()), life())
            .prop_map(|(by, target, scopes, life)| Step::Update { by, target, scopes, life }),
        3 => (any(), any(), 0..600).prop_map(|(by, target, grace)| Step::Rotate { by, target, grace }),
        1 => (any(), any()).prop_map(|(by, target)| Step::Revoke { by, target }),
    ]
}

/// A token of the one who tries.
#[derive(Debug, Clone)]
struct Held {
    id: String,
    token: String,
}

fn moment(begun: DateTime<Utc>, hours: i64) -> String {
    (begun + Duration::hours(hours)).to_rfc3339()
}

fn names(scopes: &[usize]) -> Vec<&'static str> {
    scopes.iter().map(|index| SCOPES[*index]).collect()
}

/// What covers what, said once more and in another way than the server does.
fn covers(own: &[&str], scope: &str) -> bool {
    own.iter().any(|own| match own.strip_suffix(":*") {
        _ if *own == "*" || *own == scope => true,
        Some(below) => scope.split_once(':').is_some_and(|(first, _)| first == below),
        None => false,
    })
}

async fn create(server: &Server, by: &str, scopes: &[&str], expires_at: Option<Value>) -> Answer {
    let mut body = json!({"name": "a", "scopes": scopes});
    if let Some(expires_at) = expires_at {
        body["expires_at"] = expires_at;
    }
    server.send(server.post(&server.tokens_path()).bearer_auth(by).json(&body)).await
}

fn held(issued: &Value) -> Held {
    let text = |key: &str| issued[key].as_str().unwrap().to_owned();
    Held { id: text("id"), token: text("token") }
}

async fn attempt(server: &Server, own: (Vec<usize>, Life), steps: Vec<Step>) {
    let begun = Utc::now();
    let expiry = |life: Life| json!(life.map(|hours| moment(begun, hours)));
    let (own_scopes, own_life) = (names(&own.0), own.1);
    let first = create(server, &server.owner, &own_scopes, Some(expiry(own_life))).await.expect(201).json();
    let mut mine = vec![held(&first)];
    // Others, of every power and life, whose secrets are not held.
    let mut targets = vec![mine[0].id.clone(), server.owner_id.to_string()];
    for (scopes, life) in [(&["c"][..], None), (&["c"], Some(1)), (&[], None), (&["a:b"], Some(5)), (&["*"], Some(1))] {
        targets.push(held(&create(server, &server.owner, scopes, Some(expiry(life))).await.expect(201).json()).id);
    }
    for step in steps {
        let by = |index: usize| mine[index % mine.len()].token.clone();
        let path = |target: usize| format!("{}/{}", server.tokens_path(), targets[target % targets.len()]);
        let answer = match step {
            Step::Create { by: who, scopes, life } => create(server, &by(who), &names(&scopes), life.map(expiry)).await,
            Step::Update { by: who, target, scopes, life } => {
                let mut body = json!({});
                if let Some(scopes) = scopes {
                    body["scopes"] = json!(names(&scopes));
                }
                if let Some(hours) = life {
                    body["expires_at"] = json!(moment(begun, hours));
                }
                server.send(server.put(&path(target)).bearer_auth(by(who)).json(&body)).await
            }
            Step::Rotate { by: who, target, grace } => {
                let body = json!({"grace_seconds": grace});
                server.send(server.post(&format!("{}/rotate", path(target))).bearer_auth(by(who)).json(&body)).await
            }
            Step::Revoke { by: who, target } => server.send(server.delete(&path(target)).bearer_auth(by(who))).await,
        };
        if answer.status.as_u16() == 201 {
            let made = held(&answer.json());
            targets.push(made.id.clone());
            mine.push(made);
        }
    }
    for Held { token, .. } in mine {
        let told = server.post("/api/v1/introspect").bearer_auth(&server.owner).form(&[("token", &token)]);
        let told = server.send(told).await;
        if told.status.as_u16() != 200 || told.json()["active"] == false {
            continue;
        }
        let told = told.json();
        for scope in told["scope"].as_str().unwrap().split(' ').filter(|scope| !scope.is_empty()) {
            assert!(covers(&own_scopes, scope), "{scope} is more than {own_scopes:?}");
        }
        if let Some(hours) = own_life {
            let last = (begun + Duration::hours(hours)).timestamp();
            assert!(told["exp"].as_i64().is_some_and(|exp| exp <= last), "{told} outlives {last}");
        }
    }
}

async fn no_sequence_of_requests_yields_more_power_or_a_longer_life() {
    // The owner can be a target, too, so each attempt has a server of its own.
    let runtime = tokio::runtime::Handle::current();
    let tried = tokio::task::spawn_blocking(move || {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let attempts = ((scopes(), life()), proptest::collection::vec(step(), 1..30));
        TestRunner::new(config).run(&attempts, |(own, steps)| {
            runtime.block_on(async {
                let server = Server::start().await;
                attempt(&server, own, steps).await;
            });
            Ok(())
        })
    });
    tried.await.unwrap().unwrap();
}
