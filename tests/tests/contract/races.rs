//! Concurrent requests.

use std::sync::Arc;

use aether_tests::race::{create_concurrently, revoke_during_uses};
use aether_tests::{Options, Server};
use futures::future::join_all;
use serde_json::json;

crate::tests!(
    concurrent_creations_do_not_exceed_token_limit,
    use_after_revocation_response_is_rejected,
    concurrent_rotations_succeed_once,
    tokens_created_during_revocation_are_revoked,
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
