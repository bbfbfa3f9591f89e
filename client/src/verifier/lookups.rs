//! Shared look-ups.
//!
//! A call may only use a look-up that began after the call: an earlier one can have read the token before a revocation that
//! was acknowledged before the call. So there are at most two look-ups of a token at a time, one that runs, and one that
//! begins when it is done and is shared by everybody who came in the meantime.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Verdict;
use super::form::TokenDigest;
use crate::Result;

/// The tokens that are being looked up.
#[derive(Default)]
pub(super) struct Lookups(Mutex<HashMap<TokenDigest, Arc<Slot>>>);

/// The look-ups of one token.
#[derive(Default)]
struct Slot {
    /// The number of calls so far.
    calls: AtomicU64,
    /// The newest look-up. It is locked while a look-up runs.
    newest: tokio::sync::Mutex<Option<Lookup>>,
}

struct Lookup {
    /// The number of calls that were made before it began.
    calls: u64,
    verdict: Result<Verdict>,
}

impl Lookups {
    /// Returns the verdict of a look-up that begins after this call, its own or a shared one.
    pub(super) async fn run<F>(&self, token: TokenDigest, look_up: impl FnOnce() -> F) -> Result<Verdict>
    where
        F: Future<Output = Result<Verdict>>,
    {
        let slot = self.enter(token);
        let call = 1 + slot.calls.fetch_add(1, Ordering::SeqCst);
        let mut newest = slot.newest.lock().await;
        if let Some(lookup) = &*newest
            && lookup.calls >= call
        {
            return lookup.verdict.clone();
        }
        let calls = slot.calls.load(Ordering::SeqCst);
        let verdict = look_up().await;
        *newest = Some(Lookup { calls, verdict: verdict.clone() });
        verdict
    }

    fn enter(&self, token: TokenDigest) -> Entered<'_> {
        let slot = self.slots().entry(token).or_default().clone();
        Entered { lookups: self, token, slot }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<TokenDigest, Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that uses a slot. The last one removes it, even if the call is cancelled.
struct Entered<'l> {
    lookups: &'l Lookups,
    token: TokenDigest,
    slot: Arc<Slot>,
}

impl std::ops::Deref for Entered<'_> {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        &self.slot
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut slots = self.lookups.slots();
        // The map's and this one. Another one can only come from the map, which is locked.
        if Arc::strong_count(&self.slot) == 2 {
            slots.remove(&self.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    const TOKEN: &str = "aether_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef6cc5e124";

    /// Polls a future once.
    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
        future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }

    #[test]
    fn call_shares_no_lookup_that_began_before_it() {
        let (lookups, token) = (Lookups::default(), TokenDigest::of(TOKEN).unwrap());
        let (begun, go) = (AtomicU64::new(0), tokio::sync::Semaphore::new(0));
        let call = || {
            lookups.run(token, || async {
                let number = begun.fetch_add(1, Ordering::SeqCst);
                go.acquire().await.unwrap().forget();
                Err(Error::timeout(number.to_string()))
            })
        };
        let mut calls: Vec<_> = (0..4).map(|_| Box::pin(call())).collect();
        for call in &mut calls {
            assert!(poll(call.as_mut()).is_pending());
        }
        assert_eq!(begun.load(Ordering::SeqCst), 1, "the others wait for the first look-up");
        go.add_permits(2);
        let numbers: Vec<_> = calls
            .iter_mut()
            .map(|call| match poll(call.as_mut()) {
                std::task::Poll::Ready(Err(error)) => error.to_string(),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = ["0", "1", "1", "1"].map(|number| format!("no response in time: {number}"));
        assert_eq!(numbers, expected, "the others share the second look-up");
        drop(calls);
        assert!(lookups.slots().is_empty());
    }

    #[test]
    fn cancelled_lookup_is_taken_over_by_a_waiting_call() {
        let (lookups, token) = (Lookups::default(), TokenDigest::of(TOKEN).unwrap());
        let mut first = Box::pin(lookups.run(token, std::future::pending));
        let mut second = Box::pin(lookups.run(token, || async { Ok(Verdict::Inactive) }));
        assert!(poll(first.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_pending());
        drop(first);
        assert!(matches!(poll(second.as_mut()), std::task::Poll::Ready(Ok(Verdict::Inactive))));
        drop(second);
        assert!(lookups.slots().is_empty());
    }
}
