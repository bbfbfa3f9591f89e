//! What many requests at once must not be able to do.

use std::sync::Arc;

use aether_tests::race::{create_at_once, revoke_amid_uses};
use aether_tests::{Options, Server};
use futures::future::join_all;
use serde_json::json;

crate::tests!(
    of_a_thousand_creations_one_below_the_limit_one_is_done,
    no_use_that_begins_after_the_204_is_accepted,
    a_token_is_rotated_once_however_many_ask,
    nothing_is_made_by_a_token_that_was_revoked_before,
);

async fn of_a_thousand_creations_one_below_the_limit_one_is_done() {
    let limits = ["--max-tokens=10", "--rate-limit=off", "--busy-timeout=60s"];
    let options = Options { busy_timeout: std::time::Duration::from_secs(60), ..Options::arguments(&limits) };
    let server = Arc::new(Server::with(options).await);
    for _ in 0..8 {
        server.token(&[]).await;
    }
    assert_eq!(create_at_once(&server, 1000).await, 1);
}

async fn no_use_that_begins_after_the_204_is_accepted() {
    let server = Arc::new(Server::start().await);
    for _ in 0..3 {
        let uses = revoke_amid_uses(&server, 3000, 8, || ()).await;
        assert_eq!(uses.late, 0, "{uses:?}");
        assert!(uses.accepted > 0 && uses.refused > 0, "both were seen: {uses:?}");
    }
}

async fn a_token_is_rotated_once_however_many_ask() {
    let server = Server::start().await;
    let token = server.token(&[]).await;
    let rotate = || server.post(&server.rotate_path(token.id)).json(&json!({"grace_seconds": 60}));
    let answers = join_all((0..30).map(|_| server.send(rotate()))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 29][..]));
}

async fn nothing_is_made_by_a_token_that_was_revoked_before() {
    let server = Server::start().await;
    for _ in 0..5 {
        let maker = server.token(&["api-tokens:write"]).await;
        let create = || server.post(&server.tokens_path()).bearer_auth(&maker.token).json(&json!({"name": "child"}));
        let makers = join_all((0..20).map(|_| server.send(create())));
        let all = format!("{}?descendants=true", server.token_path(maker.id));
        let revoke = server.send(server.delete(&all));
        let (answers, revoked) = futures::future::join(makers, revoke).await;
        revoked.expect(204);
        for answer in answers {
            // Made before the revocation, it went with it; asked for later, it was never made.
            if answer.status.as_u16() == 201 {
                assert!(!server.is_live(answer.json()["token"].as_str().unwrap()).await);
            } else {
                answer.expect(401);
            }
        }
    }
}
