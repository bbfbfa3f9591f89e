//! Property test of privilege escalation: no sequence of requests gives a caller a secret with more scopes, or a longer
//! life, than its first token.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::scopes::covers;
use crate::{Api, Response, Token, text};

super::tests!(request_sequences_never_extend_scopes_or_life);

const SCOPES: [&str; 7] = [
    "conformance:*",
    "api-tokens:write",
    "api-tokens:read",
    "conformance:a:*",
    "conformance:a:b",
    "conformance:c",
    "api-tokens:introspect",
];

/// The sequences of a live run, where requests are limited.
const SEQUENCES: usize = 3;

/// The minutes until the expiry. A token without it does not expire.
pub type Life = Option<i64>;

/// One request. `caller` is an index of the held tokens, `target` one of all tokens; both wrap around.
#[derive(Debug, Clone)]
pub enum Step {
    Create { caller: usize, scopes: Vec<usize>, life: Option<Life> },
    Update { caller: usize, target: usize, scopes: Option<Vec<usize>>, life: Life },
    Rotate { caller: usize, target: usize, grace_seconds: i32 },
    Revoke { caller: usize, target: usize },
}

fn scopes() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence((0..SCOPES.len()).collect::<Vec<_>>(), 0..4)
}

fn life() -> impl Strategy<Value = Life> {
    proptest::option::weighted(0.8, 5..30_i64)
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

fn timestamp(begun: DateTime<Utc>, minutes: i64) -> String {
    (begun + Duration::minutes(minutes)).to_rfc3339()
}

fn scope_names(scopes: &[usize]) -> Vec<&'static str> {
    scopes.iter().map(|index| SCOPES[*index]).collect()
}

async fn create(api: &Api, secret: &str, scopes: &[&str], expires_at: Option<Value>) -> Response {
    let mut body = json!({"name": api.name("a"), "scopes": scopes});
    if let Some(expires_at) = expires_at {
        body["expires_at"] = expires_at;
    }
    api.send(api.post(&api.tokens_path()).bearer_auth(secret).json(&body)).await
}

/// The scopes and the life of a first token, and the requests that begin with it.
pub type Sequence = ((Vec<usize>, Life), Vec<Step>);

/// Every sequence of requests.
pub fn sequences() -> impl Strategy<Value = Sequence> {
    ((scopes(), life()), proptest::collection::vec(step(), 1..30))
}

/// Sends the requests of a sequence, and checks every secret that was obtained.
///
/// # Panics
/// If a secret has more scopes or a longer life than the first token.
pub async fn run(api: &Api, sequence: Sequence) {
    let shown = format!("{sequence:?}");
    let ((scopes, life), steps) = sequence;
    let begun = api.now();
    let expiry = |life: Life| json!(life.map(|minutes| timestamp(begun, minutes)));
    let own_scopes = scope_names(&scopes);
    let first = create(api, &api.root.secret, &own_scopes, Some(expiry(life))).await.expect(201);
    let mut held = vec![Token::from_json(&first.json())];
    // Targets of various scopes and lives, whose secrets are not held.
    let mut targets = vec![held[0].id, api.root.id];
    for (scopes, life) in [
        (&["conformance:c"][..], None),
        (&["conformance:c"], Some(6)),
        (&[], None),
        (&["conformance:a:b"], Some(25)),
        (&["conformance:*"], Some(6)),
    ] {
        let target = create(api, &api.root.secret, scopes, Some(expiry(life))).await.expect(201);
        targets.push(Token::from_json(&target.json()).id);
    }
    for step in steps {
        let secret = |caller: usize| held[caller % held.len()].secret.clone();
        let target_id = |target: usize| targets[target % targets.len()];
        let response = match step {
            Step::Create { caller, scopes, life } => {
                create(api, &secret(caller), &scope_names(&scopes), life.map(expiry)).await
            }
            Step::Update { caller, target, scopes, life } => {
                let mut body = json!({});
                if let Some(scopes) = scopes {
                    body["scopes"] = json!(scope_names(&scopes));
                }
                if let Some(minutes) = life {
                    body["expires_at"] = json!(timestamp(begun, minutes));
                }
                let request = api.put(&api.token_path(target_id(target)));
                api.send(request.bearer_auth(secret(caller)).json(&body)).await
            }
            Step::Rotate { caller, target, grace_seconds } => {
                let request = api.post(&api.rotate_path(target_id(target)));
                let body = json!({"grace_seconds": grace_seconds});
                api.send(request.bearer_auth(secret(caller)).json(&body)).await
            }
            Step::Revoke { caller, target } => {
                let request = api.delete(&api.token_path(target_id(target)));
                api.send(request.bearer_auth(secret(caller))).await
            }
        };
        if response.status.as_u16() == 201 {
            let issued = Token::from_json(&response.json());
            targets.push(issued.id);
            held.push(issued);
        }
    }
    for Token { secret, .. } in held {
        let introspect = api.post("/api/v1/introspect").bearer_auth(&api.root.secret);
        let response = api.send(introspect.form(&[("token", &secret)])).await;
        if response.status.as_u16() != 200 || response.json()["active"] == false {
            continue;
        }
        let description = response.json();
        for scope in text(&description["scope"]).split(' ').filter(|scope| !scope.is_empty()) {
            assert!(covers(&own_scopes, scope), "{scope} exceeds {own_scopes:?}: {shown}");
        }
        if let Some(minutes) = life {
            let limit = (begun + Duration::minutes(minutes)).timestamp();
            assert!(
                description["exp"].as_i64().is_some_and(|exp| exp <= limit),
                "{description} expires after {limit}: {shown}"
            );
        }
    }
}

async fn request_sequences_never_extend_scopes_or_life(api: Api) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    for _ in 0..SEQUENCES {
        let sequence = sequences().new_tree(&mut runner).expect("a sequence").current();
        run(&api, sequence).await;
    }
}
