//! Pairs of concurrent changes on one token. Each result is one that the contract allows, and an error is final.

use std::future::Future;

use futures::future::{join, join_all};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{Api, Response, Token};

super::tests!(each_pair_of_changes_has_an_allowed_result_and_final_errors);

/// The number of times that each pair runs.
const TIMES: usize = 2;

/// A change on a token. `Create`, `SelfRotate` and `SelfRevoke` are requests of the token itself, the others of the root
/// token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Create,
    Update,
    Rotate,
    Revoke,
    SelfRotate,
    SelfRevoke,
}

use Change::{Create, Revoke, Rotate, SelfRevoke, SelfRotate, Update};

/// The result of the first change, that of the second, and the state of the token afterwards.
type Outcome = (&'static str, &'static str, &'static str);

/// The allowed results: those of one change after the other, in either order.
///
/// A result has the status, the code of an error, and the number of tokens that a revocation ended. A token that rotates itself has a
/// grace period, and one that the root token rotates has none.
const ALLOWED: &[(Change, Change, &[Outcome])] = &[
    (Create, Create, &[("201", "201", "active")]),
    (Create, Update, &[("201", "200", "active narrowed"), ("403 insufficient_scope", "200", "active narrowed")]),
    (Create, Rotate, &[("201", "201", "expired rotated"), ("401 unauthorized", "201", "expired rotated")]),
    (Create, Revoke, &[("201", "204 1", "revoked"), ("401 unauthorized", "204 1", "revoked")]),
    (Create, SelfRotate, &[("201", "201", "active rotated")]),
    (Create, SelfRevoke, &[("201", "204", "revoked"), ("401 unauthorized", "204", "revoked")]),
    (Update, Update, &[("200", "200", "active narrowed")]),
    (Update, Rotate, &[("200", "201", "expired rotated narrowed"), ("409 token_rotated", "201", "expired rotated")]),
    (Update, Revoke, &[("200", "204 1", "revoked narrowed"), ("409 token_revoked", "204 1", "revoked")]),
    (Update, SelfRotate, &[("200", "201", "active rotated narrowed")]),
    (Update, SelfRevoke, &[("200", "204", "revoked narrowed"), ("409 token_revoked", "204", "revoked")]),
    (
        Rotate,
        Rotate,
        &[("201", "409 token_rotated", "expired rotated"), ("409 token_rotated", "201", "expired rotated")],
    ),
    (Rotate, Revoke, &[("201", "204 0", "revoked rotated"), ("409 token_revoked", "204 1", "revoked")]),
    (
        Rotate,
        SelfRotate,
        &[("201", "401 unauthorized", "expired rotated"), ("409 token_rotated", "201", "active rotated")],
    ),
    (Rotate, SelfRevoke, &[("201", "401 unauthorized", "expired rotated"), ("409 token_revoked", "204", "revoked")]),
    (Revoke, Revoke, &[("204 1", "204 0", "revoked"), ("204 0", "204 1", "revoked")]),
    (Revoke, SelfRotate, &[("204 1", "401 unauthorized", "revoked"), ("204 1", "201", "revoked rotated")]),
    (Revoke, SelfRevoke, &[("204 1", "401 unauthorized", "revoked"), ("204 0", "204", "revoked")]),
    (
        SelfRotate,
        SelfRotate,
        &[("201", "409 token_rotated", "active rotated"), ("409 token_rotated", "201", "active rotated")],
    ),
    (SelfRotate, SelfRevoke, &[("201", "204", "revoked rotated"), ("401 unauthorized", "204", "revoked")]),
    (SelfRevoke, SelfRevoke, &[("204", "401 unauthorized", "revoked"), ("401 unauthorized", "204", "revoked")]),
];

impl Change {
    fn request(self, api: &Api, token: &Token) -> RequestBuilder {
        match self {
            Create => api.post(&api.tokens_path()).bearer_auth(&token.secret).json(&json!({"name": api.name("child")})),
            Update => api.put(&api.token_path(token.id)).json(&json!({"scopes": ["conformance:x"]})),
            Rotate => api.post(&api.rotate_path(token.id)).json(&json!({})),
            Revoke => api.delete(&api.token_path(token.id)),
            SelfRotate => api.post(&api.rotate_path(token.id)).bearer_auth(&token.secret).json(&json!({})),
            SelfRevoke => api.delete("/api/v1/api-tokens/current").bearer_auth(&token.secret),
        }
    }
}

async fn each_pair_of_changes_has_an_allowed_result_and_final_errors(api: Api) {
    for pair in pairs() {
        for time in 0..TIMES {
            pair.run(&api, time % 2 == 0, async || ()).await;
        }
    }
}

/// Two changes on one token, with their allowed results.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    first: Change,
    second: Change,
    allowed: &'static [Outcome],
}

/// Every pair of changes.
pub fn pairs() -> impl Iterator<Item = Pair> {
    ALLOWED.iter().map(|(first, second, allowed)| Pair { first: *first, second: *second, allowed })
}

impl Pair {
    /// Makes both changes on a new token at once, and checks the results and the errors. `begin` runs when the token exists,
    /// and its future next to the changes. `is_first_sent` is whether the first change is sent first.
    pub async fn run<F: Future<Output = ()>>(self, api: &Api, is_first_sent: bool, begin: impl FnOnce() -> F) {
        let Self { first, second, allowed } = self;
        let token = api.token(&["api-tokens:write", "conformance:x"]).await;
        let send = |change: Change| api.send(change.request(api, &token));
        let meanwhile = begin();
        let responses = if is_first_sent {
            join(join(send(first), send(second)), meanwhile).await.0
        } else {
            let (second, first) = join(join(send(second), send(first)), meanwhile).await.0;
            (first, second)
        };
        let results = (describe(&responses.0), describe(&responses.1));
        let record = api.record(token.id).await;
        let state = describe_state(&record);
        let is_allowed = |outcome: &&Outcome| (outcome.0, outcome.1, outcome.2) == (&results.0, &results.1, &*state);
        assert!(allowed.iter().any(|outcome| is_allowed(&outcome)), "{first:?}, {second:?}: {results:?}, {state}");
        let active = state.starts_with("active");
        assert_eq!(api.accepts(&token.secret).await, active, "{first:?}, {second:?}: {results:?}, {state}");
        for issued in [(first, &responses.0), (second, &responses.1)] {
            check_issued(api, &token, &record, issued).await;
        }
        // A repetition of a rejected request is rejected in the same way.
        let failed =
            [(first, &results.0), (second, &results.1)].into_iter().filter(|(_, result)| !result.starts_with('2'));
        let repeated = failed.map(|(change, result)| async move { (describe(&send(change).await), result) });
        for (again, result) in join_all(repeated).await {
            assert_eq!(again, *result, "{first:?}, {second:?}: a final error");
        }
    }
}

/// A token that was issued works, and a successor is the one that the record names.
async fn check_issued(api: &Api, token: &Token, record: &Value, (change, response): (Change, &Response)) {
    if response.status.as_u16() != 201 {
        return;
    }
    let issued = Token::from_json(&response.json());
    assert!(api.accepts(&issued.secret).await, "{change:?}: the issued token is not accepted");
    if change == Create {
        assert_eq!(api.record(issued.id).await["created_by"], token.id.to_string());
    } else {
        assert_eq!(record["rotated_to"], issued.id.to_string());
    }
}

fn describe(response: &Response) -> String {
    let status = response.status.as_u16();
    match response.header("x-revoked-count") {
        Some(count) => format!("{status} {count}"),
        None if response.status.is_success() => status.to_string(),
        None => format!("{status} {}", response.code()),
    }
}

fn describe_state(record: &Value) -> String {
    let mut state = record["state"].as_str().expect("a state").to_owned();
    if record["rotated_to"].is_string() {
        state += " rotated";
    }
    if record["scopes"] == json!(["conformance:x"]) {
        state += " narrowed";
    }
    state
}
