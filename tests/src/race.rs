//! Race tests of configurable size: small in the contract tests, full size in the example `races`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::json;

use crate::Server;

/// Sends `requests` creations concurrently. Returns how many succeeded; the token limit rejected the others.
///
/// # Panics
/// If a creation fails for another reason.
pub async fn create_concurrently(server: &Arc<Server>, requests: usize) -> usize {
    let body = json!({"name": "concurrent"});
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..requests {
        let (server, body) = (Arc::clone(server), body.clone());
        tasks.spawn(async move {
            let response = server.create(&body).await;
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

/// Counts of a token's uses around its revocation.
#[derive(Debug, Default)]
pub struct Uses {
    pub accepted: usize,
    pub rejected: usize,
    /// Accepted uses that began after the 204 of the revocation was received.
    pub accepted_late: usize,
}

/// Uses a token `uses` times over `connections` connections and revokes it after a third of them. `on_use` is called
/// after each use.
///
/// # Panics
/// If the status of a use is neither 200 nor 401.
pub async fn revoke_during_uses(
    server: &Arc<Server>,
    uses: usize,
    connections: usize,
    on_use: impl Fn() + Clone + Send + 'static,
) -> Uses {
    let token = server.token(&[]).await;
    let begun_uses = Arc::new(AtomicUsize::new(0));
    let revoked: Arc<Mutex<Option<Instant>>> = Arc::default();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (begun_uses, revoked, on_use) = (Arc::clone(&begun_uses), Arc::clone(&revoked), on_use.clone());
        let (url, secret) = (server.url("/api/v1/authorize"), token.secret.clone());
        tasks.spawn(async move {
            // A client per task, because clients share no connections.
            let http = reqwest::Client::new();
            let mut counts = Uses::default();
            while begun_uses.fetch_add(1, Ordering::Relaxed) < uses {
                let begun = Instant::now();
                let response = http.get(&url).bearer_auth(&secret).send().await.expect("a response");
                match response.status().as_u16() {
                    200 => counts.accepted += 1,
                    401 => counts.rejected += 1,
                    other => panic!("unexpected status {other} of a use"),
                }
                let late = revoked.lock().expect("no panic while locked").is_some_and(|revoked| begun > revoked);
                counts.accepted_late += usize::from(late && response.status().as_u16() == 200);
                on_use();
            }
            counts
        });
    }
    while begun_uses.load(Ordering::Relaxed) < uses / 3 {
        tokio::task::yield_now().await;
    }
    server.revoke(token.id).await;
    *revoked.lock().expect("no panic while locked") = Some(Instant::now());
    tasks.join_all().await.into_iter().fold(Uses::default(), |total, counts| Uses {
        accepted: total.accepted + counts.accepted,
        rejected: total.rejected + counts.rejected,
        accepted_late: total.accepted_late + counts.accepted_late,
    })
}
