//! Buckets of one rate, by key, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{BucketState, Rate};

/// The number of maps that share the keys, so requests rarely wait for each other.
const SHARDS: usize = 16;

/// The minimum time between two searches of a full map for removable buckets, in nanoseconds.
const SWEEP_INTERVAL: u64 = 1_000_000_000;

/// Buckets by key.
///
/// Full buckets are removed. If the memory is exhausted, further keys share one bucket, so many keys do not exceed the rate.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    rate: Rate,
    start: Instant,
    hasher: RandomState,
    shards: [Mutex<Shard<K>>; SHARDS],
    /// The maximum number of buckets in a shard.
    capacity: usize,
}

/// The times at which buckets are full, by key.
#[derive(Debug)]
struct Shard<K> {
    own: HashMap<K, u64>,
    shared: u64,
    last_sweep: u64,
}

impl<K: Hash + Eq + Copy> Limiter<K> {
    /// A limiter that remembers at most `capacity` buckets.
    #[must_use]
    pub(crate) fn new(rate: Rate, capacity: usize) -> Self {
        let shard = |_| Mutex::new(Shard { own: HashMap::new(), shared: 0, last_sweep: 0 });
        Self {
            rate,
            start: Instant::now(),
            hasher: RandomState::new(),
            shards: std::array::from_fn(shard),
            capacity: capacity.div_ceil(SHARDS),
        }
    }

    /// The rate of the buckets.
    #[must_use]
    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one request from the bucket of `key`.
    #[must_use]
    pub(crate) fn take(&self, key: K) -> BucketState {
        self.take_at(key, self.now())
    }

    fn take_at(&self, key: K, now: u64) -> BucketState {
        let mut shard = self.shard(key);
        let bucket = shard.bucket(key, now, self.capacity);
        let (full_at, state) = self.rate.take(*bucket, now);
        *bucket = full_at;
        state
    }

    /// Copies the state of the bucket of `from` to the new key `to`.
    pub(crate) fn inherit(&self, from: K, to: K) {
        // The shards are locked one after the other, so two calls cannot deadlock.
        let found = self.shard(from).own.get(&from).copied();
        if let Some(full_at) = found {
            *self.shard(to).bucket(to, self.now(), self.capacity) = full_at;
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn shard(&self, key: K) -> MutexGuard<'_, Shard<K>> {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Shard<K> {
    /// The bucket of `key`, or the shared bucket if the shard is full.
    fn bucket(&mut self, key: K, now: u64, capacity: usize) -> &mut u64 {
        if self.own.len() >= capacity && !self.own.contains_key(&key) {
            if now.saturating_sub(self.last_sweep) >= SWEEP_INTERVAL {
                self.last_sweep = now;
                self.own.retain(|_, full_at| *full_at > now);
            }
            if self.own.len() >= capacity {
                return &mut self.shared;
            }
        }
        self.own.entry(key).or_insert(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn remembered(limiter: &Limiter<u32>) -> usize {
        limiter.shards.iter().map(|shard| shard.lock().unwrap().own.len()).sum()
    }

    #[test]
    fn each_key_has_its_own_bucket() {
        let limiter = Limiter::new(Rate::new(2, 60), 1000);
        for key in 0..3 {
            let taken: Vec<_> = (0..3).map(|_| limiter.take_at(key, 5 * SECOND).allowed).collect();
            assert_eq!(taken, [true, true, false]);
        }
        assert!(limiter.take_at(0, 6 * SECOND).allowed);
    }

    #[test]
    fn many_keys_use_bounded_memory_and_share_one_rate() {
        let limiter = Limiter::new(Rate::new(10, 60), 160);
        let passed = (0..100_000).filter(|key| limiter.take_at(*key, 5 * SECOND).allowed).count();
        assert_eq!(remembered(&limiter), 160);
        assert_eq!(passed, 160 + SHARDS * 10, "keys beyond the capacity share one bucket per shard");
        // A remembered bucket keeps its state, and is removed when it is full.
        assert_eq!(limiter.take_at(0, 5 * SECOND).remaining, 8);
        assert!(limiter.take_at(200_000, 60 * SECOND).allowed);
        assert!(remembered(&limiter) < 160);
    }

    #[test]
    fn inherited_bucket_has_the_state_of_the_original() {
        let limiter = Limiter::new(Rate::new(10, 1), 160);
        for _ in 0..4 {
            let _ = limiter.take(1);
        }
        limiter.inherit(1, 2);
        limiter.inherit(7, 8);
        assert_eq!((limiter.take(2).remaining, limiter.take(8).remaining), (5, 9));
    }
}
