//! Pairs of changes of one token at once: each pair has the results of one of its two orders, and a final error is final.

use aether_tests::{Response, Server, Token, text};
use futures::future::join;
use reqwest::RequestBuilder;
use serde_json::json;

crate::tests!(concurrent_changes_of_one_token_have_the_results_of_an_order);

/// The number of times that each pair runs.
const ROUNDS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// The token creates another one.
    Create,
    /// The owner narrows the token, so that it cannot create others.
    Update,
    /// The owner rotates the token, without a grace period.
    Rotate,
    /// The owner revokes the token.
    Revoke,
    /// The token rotates itself, with a grace period.
    SelfRotate,
    /// The token revokes itself.
    SelfRevoke,
}

use Change::{Create, Revoke, Rotate, SelfRevoke, SelfRotate, Update};

const CHANGES: [Change; 6] = [Create, Update, Rotate, Revoke, SelfRotate, SelfRevoke];

/// The result of each change of an active token, and after each first change the results of a second one, in the order of [`CHANGES`].
const ALONE: [&str; 6] = ["201", "200", "201", "204", "201", "204"];
#[rustfmt::skip]
const AFTER: [[&str; 6]; 6] = [
    // Create
    ["201", "200", "201", "204", "201", "204"],
    // Update: the token has lost the scope for creations. It rotates and revokes itself without any.
    ["403 insufficient_scope", "200", "201", "204", "201", "204"],
    // Rotate: the token has ended. Its revocation is a 204 in every state.
    ["401 unauthorized", "409 token_rotated", "409 token_rotated", "204", "401 unauthorized", "401 unauthorized"],
    // Revoke
    ["401 unauthorized", "409 token_revoked", "409 token_revoked", "204", "401 unauthorized", "401 unauthorized"],
    // SelfRotate: the token is in its grace period, in which it can be narrowed.
    ["201", "200", "409 token_rotated", "204", "409 token_rotated", "204"],
    // SelfRevoke
    ["401 unauthorized", "409 token_revoked", "409 token_revoked", "204", "401 unauthorized", "401 unauthorized"],
];

fn request(server: &Server, change: Change, token: &Token) -> RequestBuilder {
    let (path, rotate) = (server.token_path(token.id), server.rotate_path(token.id));
    match change {
        Create => server.post(&server.tokens_path()).bearer_auth(&token.secret).json(&json!({"name": "child"})),
        Update => server.put(&path).json(&json!({"scopes": ["x"]})),
        Rotate => server.post(&rotate).json(&json!({})),
        Revoke => server.delete(&path),
        SelfRotate => server.post(&rotate).bearer_auth(&token.secret).json(&json!({})),
        SelfRevoke => server.delete("/api/v1/api-tokens/current").bearer_auth(&token.secret),
    }
}

fn result(response: &Response) -> String {
    match response.status.as_u16() {
        status @ 200..300 => status.to_string(),
        status => format!("{status} {}", response.code()),
    }
}

/// The state and the scopes of the token after the changes that succeeded.
fn state(succeeded: &[Change]) -> (&'static str, usize) {
    let has = |change| succeeded.contains(&change);
    let state = match () {
        () if has(Revoke) || has(SelfRevoke) => "revoked",
        () if has(Rotate) => "expired",
        () => "active",
    };
    (state, if has(Update) { 1 } else { 2 })
}

async fn concurrent_changes_of_one_token_have_the_results_of_an_order() {
    let server = Server::start().await;
    for (first, one) in CHANGES.into_iter().enumerate() {
        for (second, other) in CHANGES.into_iter().enumerate().skip(first) {
            for _ in 0..ROUNDS {
                let token = server.token(&["api-tokens:write", "x"]).await;
                let send = |change| server.send(request(&server, change, &token));
                let (left, right) = join(send(one), send(other)).await;
                let results = [result(&left), result(&right)];
                let orders = [[ALONE[first], AFTER[first][second]], [AFTER[second][first], ALONE[second]]];
                assert!(orders.iter().any(|order| *order == results), "{one:?}, {other:?}: {results:?}");

                let mut succeeded = Vec::new();
                for (change, response) in [(one, &left), (other, &right)] {
                    if response.status.is_success() {
                        succeeded.push(change);
                    } else {
                        // A final error: the same request has the same result.
                        assert_eq!(result(&send(change).await), result(response), "{one:?}, {other:?}: {change:?}");
                    }
                }
                let record = server.record(token.id).await;
                let found = (text(&record["state"]), record["scopes"].as_array().map_or(0, Vec::len));
                assert_eq!(found, state(&succeeded), "{one:?}, {other:?}: {results:?}");
                assert_eq!(server.accepts(&token.secret).await, found.0 == "active");
            }
        }
    }
}
