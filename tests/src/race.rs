//! Races, at whatever size: in the contract tests so small that they take a second, in the example `races` at full size.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::json;

use crate::Server;

/// Sends `requests` creations at once. Returns how many were done; the others were refused by the limit.
///
/// # Panics
/// Where a creation is refused for anything else.
pub async fn create_at_once(server: &Arc<Server>, requests: usize) -> usize {
    let body = json!({"name": "racer"});
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..requests {
        let (server, body) = (Arc::clone(server), body.clone());
        tasks.spawn(async move {
            let answer = server.create(&body).await;
            match answer.status.as_u16() {
                201 => 1,
                409 => {
                    assert_eq!(answer.code(), "limit_reached");
                    0
                }
                other => panic!("a creation was answered with {other}"),
            }
        });
    }
    tasks.join_all().await.into_iter().sum()
}

/// What was seen of uses around a revocation.
#[derive(Debug, Default)]
pub struct Uses {
    /// Accepted.
    pub accepted: usize,
    /// Refused.
    pub refused: usize,
    /// Accepted, though they began after the 204 was there.
    pub late: usize,
}

/// Uses a token `uses` times over `connections`, and revokes it when a third of them are done. `seen` is called after
/// each use.
///
/// # Panics
/// Where a use is neither accepted nor refused.
pub async fn revoke_amid_uses(
    server: &Arc<Server>,
    uses: usize,
    connections: usize,
    seen: impl Fn() + Clone + Send + 'static,
) -> Uses {
    let token = server.token(&[]).await;
    let done = Arc::new(AtomicUsize::new(0));
    let revoked: Arc<Mutex<Option<Instant>>> = Arc::default();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (done, revoked, seen) = (Arc::clone(&done), Arc::clone(&revoked), seen.clone());
        let (url, token) = (server.url("/api/v1/authorize"), token.token.clone());
        tasks.spawn(async move {
            // A client, and so a connection, of its own.
            let http = reqwest::Client::new();
            let mut told = Uses::default();
            while done.fetch_add(1, Ordering::Relaxed) < uses {
                let begun = Instant::now();
                let answer = http.get(&url).bearer_auth(&token).send().await.expect("an answer");
                match answer.status().as_u16() {
                    200 => told.accepted += 1,
                    401 => told.refused += 1,
                    other => panic!("a use was answered with {other}"),
                }
                let over = revoked.lock().expect("nobody panics with it").is_some_and(|revoked| begun > revoked);
                told.late += usize::from(over && answer.status().as_u16() == 200);
                seen();
            }
            told
        });
    }
    while done.load(Ordering::Relaxed) < uses / 3 {
        tokio::task::yield_now().await;
    }
    server.send(server.delete(&server.token_path(token.id))).await.expect(204);
    *revoked.lock().expect("nobody panics with it") = Some(Instant::now());
    tasks.join_all().await.into_iter().fold(Uses::default(), |all, one| Uses {
        accepted: all.accepted + one.accepted,
        refused: all.refused + one.refused,
        late: all.late + one.late,
    })
}
