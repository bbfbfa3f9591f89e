//! A cache of tokens by hash that is as exact as the database.
//!
//! Each part of the cache has a [version](aether_wal_index) of the database, in which all of its tokens are as in the database. It is used
//! while that is the present version, and at no other time. So a commit of another process, whose changes are not known here, makes all
//! tokens be read again. A commit of this process reports the tokens that it changes ([`commits`](super::commits)), and the others stay.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use aether_wal_index::Version;
use quick_cache::Weighter;
use quick_cache::unsync::Cache;

use super::lock;
use super::packed_token::PackedToken;
use crate::tokens::{HashedToken, TokenRecord};

/// The number of parts, so that few threads wait for each other.
const PARTS: usize = 32;

/// The memory of a place in the cache and of an allocation, in bytes.
const OVERHEAD: usize = 140;

/// The memory of a common token, in bytes.
const USUAL: usize = OVERHEAD + 160;

/// The tokens that were read last.
#[derive(Debug)]
pub(in crate::store) struct TokenCache {
    parts: [Mutex<Part>; PARTS],
    /// Whether a commit of this process is about to be reported.
    committing: AtomicBool,
}

#[derive(Debug)]
struct Part {
    version: Option<Version>,
    tokens: Cache<HashedToken, PackedToken, Memory>,
}

#[derive(Debug, Clone)]
struct Memory;

impl Weighter<HashedToken, PackedToken> for Memory {
    fn weight(&self, _: &HashedToken, token: &PackedToken) -> u64 {
        (OVERHEAD + token.len()) as u64
    }
}

impl TokenCache {
    /// A cache of at most `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        let part = capacity / PARTS;
        let tokens = || Cache::with_weighter(part / USUAL, part as u64, Memory);
        Self {
            parts: std::array::from_fn(|_| Mutex::new(Part { version: None, tokens: tokens() })),
            committing: AtomicBool::new(false),
        }
    }

    /// A token as it is in the present version.
    pub(super) fn get(&self, hash: HashedToken, present: Version) -> Option<TokenRecord> {
        let part = self.part(hash);
        part.tokens.get(&hash).filter(|_| part.version == Some(present))?.unpack()
    }

    /// Adds a token as it is in `version`.
    pub(super) fn insert(&self, hash: HashedToken, record: &TokenRecord, version: Version) {
        let Some(packed) = PackedToken::of(record) else { return };
        let mut part = self.part(hash);
        if part.version != Some(version) {
            // The report of the commit keeps the other tokens.
            if self.committing.load(Ordering::Relaxed) {
                return;
            }
            part.tokens.clear();
            part.version = Some(version);
        }
        part.tokens.insert(hash, packed);
    }

    /// Announces that a commit of this process begins.
    pub(super) fn begin_commit(&self) {
        self.committing.store(true, Ordering::Relaxed);
    }

    /// Announces that the commit is not made.
    pub(super) fn abandon_commit(&self) {
        self.committing.store(false, Ordering::Relaxed);
    }

    /// Reports a commit of this process that changed the tokens with the hashes `changed` and no others, and led from the version `before` to
    /// `after`. If other commits can have been in between, `before` is `None`.
    pub(super) fn end_commit(&self, before: Option<Version>, after: Option<Version>, changed: &[HashedToken]) {
        for (index, part) in self.parts.iter().enumerate() {
            let mut part = lock(part);
            if before.is_some() && part.version == before {
                for hash in changed.iter().filter(|hash| index_of(**hash) == index) {
                    part.tokens.remove(hash);
                }
            } else {
                part.tokens.clear();
            }
            part.version = after;
        }
        self.committing.store(false, Ordering::Relaxed);
    }

    fn part(&self, hash: HashedToken) -> MutexGuard<'_, Part> {
        lock(&self.parts[index_of(hash)])
    }
}

fn index_of(hash: HashedToken) -> usize {
    usize::from(hash.as_bytes()[0]) % PARTS
}
