//! Concurrent requests.

use futures::future::{join, join_all};
use serde_json::json;

use crate::race::revoke_during_uses;
use crate::{Api, text};

super::tests!(
    use_after_revocation_response_is_rejected,
    concurrent_rotations_succeed_once,
    tokens_created_during_revocation_are_revoked,
);

async fn use_after_revocation_response_is_rejected(api: Api) {
    for _ in 0..3 {
        let uses = revoke_during_uses(&api, 600, 8, || ()).await;
        assert_eq!(uses.accepted_late, 0, "{uses:?}");
        assert!(uses.accepted > 0 && uses.rejected > 0, "{uses:?}");
    }
}

async fn concurrent_rotations_succeed_once(api: Api) {
    let token = api.token(&[]).await;
    let rotate = || api.post(&api.rotate_path(token.id)).json(&json!({"grace_seconds": 60}));
    let responses = join_all((0..20).map(|_| api.send(rotate()))).await;
    let mut statuses: Vec<_> = responses.iter().map(|response| response.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 19][..]));
}

async fn tokens_created_during_revocation_are_revoked(api: Api) {
    for _ in 0..4 {
        let creator = api.token(&["api-tokens:write"]).await;
        let create =
            || api.post(&api.tokens_path()).bearer_auth(&creator.secret).json(&json!({"name": api.name("child")}));
        let creations = join_all((0..12).map(|_| api.send(create())));
        let revocation = api.revoke_with_descendants(creator.id);
        let (responses, ()) = join(creations, revocation).await;
        for response in responses {
            // A token created before the revocation is revoked with it. A later creation is rejected.
            if response.status.as_u16() == 201 {
                assert!(!api.accepts(text(&response.json()["token"])).await, "a descendant is active");
            } else {
                response.expect(401);
            }
        }
    }
}
