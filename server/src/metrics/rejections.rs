//! The metric of rejected credentials and permissions, by reason.

use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec, Opts};

use super::VALID;
use crate::tokens::RefusalReason;

/// The reason why a request was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RejectionReason {
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

impl RejectionReason {
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

    fn as_str(self) -> &'static str {
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

/// The counters of rejections. Each is 0 from the start, so that the first rejection is an increase.
pub(crate) struct Rejections {
    all: IntCounterVec,
    counters: [(RejectionReason, IntCounter); RejectionReason::ALL.len()],
}

impl Default for Rejections {
    fn default() -> Self {
        let options = Opts::new("aether_rejections_total", "Rejected credentials and permissions.");
        let all = IntCounterVec::new(options, &["reason"]).expect(VALID);
        let counters = RejectionReason::ALL.map(|reason| (reason, all.with_label_values(&[reason.as_str()])));
        Self { all, counters }
    }
}

impl Rejections {
    pub(crate) fn count(&self, reason: RejectionReason) {
        if let Some((_, counter)) = self.counters.iter().find(|(known, _)| *known == reason) {
            counter.inc();
        }
    }

    pub(super) fn collector(&self) -> Box<dyn Collector> {
        Box::new(self.all.clone())
    }
}
