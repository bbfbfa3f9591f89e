//! The race of a token's uses with its revocation, of configurable size.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Api;

/// Counts of a token's uses around its revocation.
#[derive(Debug, Default)]
pub struct Uses {
    pub accepted: usize,
    pub rejected: usize,
    /// Accepted uses that began after the 204 of the revocation was received.
    pub accepted_late: usize,
}

/// Uses a token at least `uses` times over `connections` connections, and revokes it after a third of them. `on_use` is
/// called after each use. At least one use of each connection begins after the revocation.
///
/// # Panics
/// If the status of a use is neither 200 nor 401.
pub async fn revoke_during_uses(
    api: &Api,
    uses: usize,
    connections: usize,
    on_use: impl Fn() + Clone + Send + 'static,
) -> Uses {
    let token = api.token(&[]).await;
    let begun_uses = Arc::new(AtomicUsize::new(0));
    let revoked: Arc<Mutex<Option<Instant>>> = Arc::default();
    let revoked_at = |revoked: &Mutex<Option<Instant>>| *revoked.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (begun_uses, revoked, on_use) = (Arc::clone(&begun_uses), Arc::clone(&revoked), on_use.clone());
        let (deployment, secret) = (Arc::clone(api.deployment()), token.secret.clone());
        tasks.spawn(async move {
            let mut counts = Uses::default();
            let mut is_late = false;
            while begun_uses.fetch_add(1, Ordering::Relaxed) < uses || !is_late {
                is_late = revoked_at(&revoked).is_some();
                let request = deployment.http().get(deployment.url("/api/v1/authorize")).bearer_auth(&secret);
                let request = request.build().expect("a request");
                let (_, _, response) = deployment.execute(request).await.unwrap_or_else(|error| panic!("{error}"));
                match response.status.as_u16() {
                    200 => counts.accepted += 1,
                    401 => counts.rejected += 1,
                    _ => panic!("{}, expected 200 or 401", response.describe()),
                }
                counts.accepted_late += usize::from(is_late && response.status.as_u16() == 200);
                on_use();
            }
            counts
        });
    }
    while begun_uses.load(Ordering::Relaxed) < uses / 3 {
        tokio::select! {
            // No use ends before the revocation.
            ended = tasks.join_next() => match ended {
                Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
                _ => panic!("a use ended before the revocation"),
            },
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
    }
    api.revoke(token.id).await;
    *revoked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    tasks.join_all().await.into_iter().fold(Uses::default(), |total, counts| Uses {
        accepted: total.accepted + counts.accepted,
        rejected: total.rejected + counts.rejected,
        accepted_late: total.accepted_late + counts.accepted_late,
    })
}
