//! Many buckets of one rate, by key, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Level, Rate};

/// The keys are spread over so many maps, so that requests hardly ever wait for one another.
const SHARDS: usize = 16;

/// How often a full map is searched for buckets that can be forgotten, in nanoseconds.
const SWEEP_INTERVAL: u64 = 1_000_000_000;

/// Buckets by key.
///
/// A bucket that is full again is forgotten. Where there are more others than there is room for, the keys that find none
/// share a bucket: no key gets more than its rate by there being many.
#[derive(Debug)]
pub struct Limiter<K> {
    rate: Rate,
    start: Instant,
    hasher: RandomState,
    shards: [Mutex<Shard<K>>; SHARDS],
    /// How many buckets each shard has room for.
    room: usize,
}

/// The moments at which buckets are full, by key.
#[derive(Debug)]
struct Shard<K> {
    own: HashMap<K, u64>,
    shared: u64,
    last_sweep: u64,
}

impl<K: Hash + Eq + Copy> Limiter<K> {
    /// A limiter that remembers at most `capacity` buckets.
    #[must_use]
    pub fn new(rate: Rate, capacity: usize) -> Self {
        let shard = |_| Mutex::new(Shard { own: HashMap::new(), shared: 0, last_sweep: 0 });
        Self {
            rate,
            start: Instant::now(),
            hasher: RandomState::new(),
            shards: std::array::from_fn(shard),
            room: capacity.div_ceil(SHARDS),
        }
    }

    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one out of the bucket of `key`.
    #[must_use]
    pub fn take(&self, key: K) -> Level {
        self.take_at(key, self.now())
    }

    fn take_at(&self, key: K, now: u64) -> Level {
        let mut shard = self.shard(key);
        let place = shard.place(key, now, self.room);
        let (full_at, level) = self.rate.take(*place, now);
        *place = full_at;
        level
    }

    /// Gives the new key `to` a bucket that is as full as that of `from`.
    pub fn inherit(&self, from: K, to: K) {
        // The two are never locked at once, so two such calls cannot wait for one another.
        let found = self.shard(from).own.get(&from).copied();
        if let Some(full_at) = found {
            *self.shard(to).place(to, self.now(), self.room) = full_at;
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
    /// Where the bucket of `key` is, or that of all keys for which there is no room.
    fn place(&mut self, key: K, now: u64, room: usize) -> &mut u64 {
        if self.own.len() >= room && !self.own.contains_key(&key) {
            if now.saturating_sub(self.last_sweep) >= SWEEP_INTERVAL {
                self.last_sweep = now;
                self.own.retain(|_, full_at| *full_at > now);
            }
            if self.own.len() >= room {
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
    fn each_key_has_a_bucket_of_its_own() {
        let limiter = Limiter::new(Rate::new(2, 60), 1000);
        for key in 0..3 {
            let taken: Vec<_> = (0..3).map(|_| limiter.take_at(key, 5 * SECOND).allowed).collect();
            assert_eq!(taken, [true, true, false]);
        }
        assert!(limiter.take_at(0, 6 * SECOND).allowed);
    }

    #[test]
    fn memory_is_bounded_and_many_keys_get_no_more_than_their_share() {
        let limiter = Limiter::new(Rate::new(10, 60), 160);
        let passed = (0..100_000).filter(|key| limiter.take_at(*key, 5 * SECOND).allowed).count();
        assert_eq!(remembered(&limiter), 160);
        assert_eq!(passed, 160 + SHARDS * 10, "those without room share one bucket in each shard");
        // What was remembered is remembered, and goes when it means nothing any more.
        assert_eq!(limiter.take_at(0, 5 * SECOND).remaining, 8);
        assert!(limiter.take_at(200_000, 60 * SECOND).allowed);
        assert!(remembered(&limiter) < 160);
    }

    #[test]
    fn a_successor_has_what_its_predecessor_had() {
        let limiter = Limiter::new(Rate::new(10, 1), 160);
        for _ in 0..4 {
            let _ = limiter.take(1);
        }
        limiter.inherit(1, 2);
        limiter.inherit(7, 8);
        assert_eq!((limiter.take(2).remaining, limiter.take(8).remaining), (5, 9));
    }
}
