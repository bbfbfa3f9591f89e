//! Concurrent requests.

use std::sync::Arc;

use aether_tests::race::{create_concurrently, revoke_during_uses};
use aether_tests::{Options, Server};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};

crate::tests!(
    concurrent_creations_do_not_exceed_token_limit,
    use_after_revocation_response_is_rejected,
    concurrent_rotations_succeed_once,
    tokens_created_during_revocation_are_revoked,
    change_is_decided_by_the_present_scopes_and_expiry_of_the_caller,
);

async fn concurrent_creations_do_not_exceed_token_limit() {
    let options = Options::default().and("--max-tokens=10").and("--busy-timeout=60s");
    let server = Arc::new(Server::with(options).await);
    for _ in 0..8 {
        server.token(&[]).await;
    }
    assert_eq!(create_concurrently(&server, 1000).await, 1);
}

async fn use_after_revocation_response_is_rejected() {
    let server = Arc::new(Server::start().await);
    for _ in 0..3 {
        let uses = revoke_during_uses(&server, 3000, 8, || ()).await;
        assert_eq!(uses.accepted_late, 0, "{uses:?}");
        assert!(uses.accepted > 0 && uses.rejected > 0, "{uses:?}");
    }
}

async fn concurrent_rotations_succeed_once() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let rotate = || server.post(&server.rotate_path(token.id)).json(&json!({"grace_seconds": 60}));
    let responses = join_all((0..30).map(|_| server.send(rotate()))).await;
    let mut statuses: Vec<_> = responses.iter().map(|response| response.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 29][..]));
}

async fn tokens_created_during_revocation_are_revoked() {
    let server = Server::start().await;
    for _ in 0..5 {
        let creator = server.token(&["api-tokens:write"]).await;
        let create = || server.post(&server.tokens_path()).bearer_auth(&creator.secret).json(&json!({"name": "child"}));
        let creations = join_all((0..20).map(|_| server.send(create())));
        let revocation = server.revoke_with_descendants(creator.id);
        let (responses, ()) = futures::future::join(creations, revocation).await;
        for response in responses {
            // A token created before the revocation is revoked with it. A later creation is rejected.
            if response.status.as_u16() == 201 {
                assert!(!server.accepts(response.json()["token"].as_str().unwrap()).await);
            } else {
                response.expect(401);
            }
        }
    }
}

/// The caller is narrowed after it was authorized, while its request waits for the database.
async fn change_is_decided_by_the_present_scopes_and_expiry_of_the_caller() {
    let server = Server::start().await;
    let missing = Some(r#"Bearer error="insufficient_scope", scope="api-tokens:write""#);
    let late = 4_102_444_800_000_i64;
    for (scopes, expiry, expires_at, status, problems, challenge) in [
        ("x", None, Value::Null, 403, &[][..], missing),
        ("api-tokens:write", None, Value::Null, 422, &["scopes[0]/exceeds_grant"], None),
        ("*", Some(late), json!("2200-01-01T00:00:00Z"), 422, &["expires_at/exceeds_grant"], None),
        ("*", Some(late), Value::Null, 201, &[], None),
    ] {
        let caller = server.token(&["api-tokens:write", "x"]).await;
        let body = json!({"name": "a", "scopes": ["x"], "expires_at": expires_at});
        let create = || {
            let request = server.post(&server.tokens_path()).bearer_auth(&caller.secret);
            server.send(request.header("idempotency-key", "k").json(&body))
        };
        let lock = server.database();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        let sql = "UPDATE api_tokens SET scopes = ?, expires_at = ? WHERE id = ?";
        lock.execute(sql, rusqlite::params![scopes, expiry, caller.id]).unwrap();
        // When the second of two equal requests is rejected, the first waits for the lock.
        let mut responses = (0..2).map(|_| create()).collect::<FuturesUnordered<_>>();
        assert_eq!(responses.next().await.unwrap().expect(409).code(), "idempotency_in_progress");
        lock.execute_batch("COMMIT").unwrap();
        let response = responses.next().await.unwrap().expect(status);
        assert_eq!(response.header("www-authenticate"), challenge);
        if status == 201 {
            assert_eq!(response.json()["expires_at"], "2100-01-01T00:00:00.000Z");
        } else {
            assert_eq!(response.problems(), problems);
        }
    }
}
