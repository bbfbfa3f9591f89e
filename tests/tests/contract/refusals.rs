//! The refusal events of rejected tokens.

use aether_tests::Server;
use serde_json::json;

crate::tests!(refusals_of_a_token_are_recorded_once_a_minute);

async fn refusals_of_a_token_are_recorded_once_a_minute() {
    let server = Server::start().await;
    let (revoked, expired) = (server.token(&[]).await, server.token(&[]).await);
    server.revoke(revoked.id).await;
    server.expire(expired.id);
    for _ in 0..5 {
        assert!(!server.accepts(&revoked.secret).await && !server.accepts(&expired.secret).await);
    }
    // A refusal whose event is not written yet joins it.
    server.refusals(2).await;
    // The server writes the remaining counts when it stops.
    server.store().flush_refusals(aether_server::timestamp::Timestamp::now(), true);
    let events = server.refusals(4).await;
    for (token, reason) in [(revoked.id, "revoked"), (expired.id, "expired")] {
        let counts: Vec<_> = events
            .iter()
            .filter(|event| event["token_id"] == json!(token) && event["reason"] == reason)
            .map(|event| event["count"].as_i64().unwrap())
            .collect();
        assert_eq!(counts, [1, 4], "{reason}");
    }
    assert!(events.iter().all(|event| event["address"] == "127.0.0.1" && event["actor_id"].is_null()));
}
