//! The metric of refused credentials and permissions, by reason.

use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec, Opts};

use super::VALID;
use crate::tokens::RefusalReason;

/// The reason why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request has no credential.
    MissingToken,
    /// The credential is not a token of Aether.
    MalformedToken,
    /// No token has this secret.
    UnknownToken,
    /// The token is not active.
    Inactive(RefusalReason),
    /// The token does not have the scopes, or is not allowed to give or to revoke this one.
    InsufficientScope,
    /// The query of a gateway is invalid.
    InvalidQuery,
    /// The token has sent too many requests.
    TooManyRequests,
    /// The client has sent too many rejected tokens.
    TooManyRejections,
}

impl Refusal {
    const ALL: [Self; 10] = [
        Self::MissingToken,
        Self::MalformedToken,
        Self::UnknownToken,
        Self::Inactive(RefusalReason::Revoked),
        Self::Inactive(RefusalReason::Expired),
        Self::Inactive(RefusalReason::Rotated),
        Self::InsufficientScope,
        Self::InvalidQuery,
        Self::TooManyRequests,
        Self::TooManyRejections,
    ];

    fn reason(self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::MalformedToken => "malformed_token",
            Self::UnknownToken => "unknown_token",
            Self::Inactive(RefusalReason::Revoked) => "revoked_token",
            Self::Inactive(RefusalReason::Expired) => "expired_token",
            Self::Inactive(RefusalReason::Rotated) => "rotated_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidQuery => "invalid_query",
            Self::TooManyRequests => "rate_limit",
            Self::TooManyRejections => "refusal_limit",
        }
    }
}

/// The counters of refusals. Each is 0 from the start, so that the first refusal is an increase.
pub(crate) struct Refusals {
    all: IntCounterVec,
    counters: [(Refusal, IntCounter); Refusal::ALL.len()],
}

impl Default for Refusals {
    fn default() -> Self {
        let options = Opts::new("aether_refusals_total", "Refused credentials and permissions.");
        let all = IntCounterVec::new(options, &["reason"]).expect(VALID);
        let counters = Refusal::ALL.map(|refusal| (refusal, all.with_label_values(&[refusal.reason()])));
        Self { all, counters }
    }
}

impl Refusals {
    pub(crate) fn count(&self, refusal: Refusal) {
        if let Some((_, counter)) = self.counters.iter().find(|(known, _)| *known == refusal) {
            counter.inc();
        }
    }

    pub(super) fn collector(&self) -> Box<dyn Collector> {
        Box::new(self.all.clone())
    }
}
