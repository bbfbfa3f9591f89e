//! Verdicts in memory, for a bounded time.

use std::time::{Duration, Instant};

use chrono::Utc;

use super::Verdict;
use super::form::TokenDigest;

pub(super) struct Cache {
    max_age: Duration,
    verdicts: quick_cache::sync::Cache<TokenDigest, Kept>,
}

#[derive(Clone)]
struct Kept {
    verdict: Verdict,
    /// The time before the look-up.
    began: Instant,
}

impl Cache {
    pub(super) fn new(max_age: Duration, max_tokens: usize) -> Self {
        Self { max_age, verdicts: quick_cache::sync::Cache::new(max_tokens) }
    }

    /// The verdict of a token, unless it is too old or the token has expired.
    pub(super) fn get(&self, token: &TokenDigest) -> Option<Verdict> {
        let Kept { verdict, began } = self.verdicts.get(token)?;
        let is_expired = match &verdict {
            Verdict::Active(token) => token.expires_at.is_some_and(|expiry| expiry <= Utc::now()),
            Verdict::Inactive => false,
        };
        if is_expired || began.elapsed() >= self.max_age {
            self.verdicts.remove(token);
            return None;
        }
        Some(verdict)
    }

    /// Keeps a verdict. `began` is a time before the look-up, so that the age includes the look-up.
    pub(super) fn insert(&self, token: TokenDigest, verdict: Verdict, began: Instant) {
        // A look-up that took long must not replace the verdict of a later one.
        if self.verdicts.peek(&token).is_none_or(|kept| kept.began <= began) {
            self.verdicts.insert(token, Kept { verdict, began });
        }
    }
}
