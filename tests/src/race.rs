//! The race of creations for the last token below a limit: small in the contract tests, full size in the example `races`.

use aether_conformance::Api;
use serde_json::json;

pub use aether_conformance::race::{Uses, revoke_during_uses};

/// Sends `requests` creations concurrently. Returns how many succeeded; the token limit rejected the others.
///
/// # Panics
/// If a creation fails for another reason.
pub async fn create_concurrently(api: &Api, requests: usize) -> usize {
    let body = json!({"name": "concurrent"});
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..requests {
        let (api, body) = (api.clone(), body.clone());
        tasks.spawn(async move {
            let response = api.create(&body).await;
            match response.status.as_u16() {
                201 => 1,
                409 => {
                    assert_eq!(response.code(), "limit_reached");
                    0
                }
                other => panic!("unexpected status {other} of a creation"),
            }
        });
    }
    tasks.join_all().await.into_iter().sum()
}
