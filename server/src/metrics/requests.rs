//! The metrics of requests, by operation and status.

use std::sync::OnceLock;

use aether_api::OPERATIONS;
use aether_api::runtime::server::Completed;
use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts};

use super::VALID;

/// The upper bounds of latencies, in seconds: from that of a verification to the patience of clients.
const LATENCIES: [f64; 18] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
];

/// The operation of requests to no operation of the contract.
const NO_OPERATION: &str = "none";

/// The statuses of HTTP.
const STATUSES: std::ops::Range<u16> = 100..600;

/// The metrics of requests. The counters of a label are looked up once, because a look-up takes longer than to count.
pub(crate) struct Requests {
    counts: IntCounterVec,
    latencies: HistogramVec,
    operations: Vec<OfOperation>,
}

/// The metrics of an operation.
struct OfOperation {
    id: &'static str,
    latency: Histogram,
    /// The counter of each status.
    statuses: Vec<OnceLock<IntCounter>>,
}

impl Default for Requests {
    fn default() -> Self {
        let counts = Opts::new("aether_http_requests_total", "Completed requests; 499 if the client went away before.");
        let latencies = HistogramOpts::new(
            "aether_http_request_duration_seconds",
            "Time until the response to a request was ready.",
        )
        .buckets(LATENCIES.to_vec());
        let counts = IntCounterVec::new(counts, &["operation", "status"]).expect(VALID);
        let latencies = HistogramVec::new(latencies, &["operation"]).expect(VALID);
        let of_operation = |id| OfOperation {
            id,
            latency: latencies.with_label_values(&[id]),
            statuses: STATUSES.map(|_| OnceLock::new()).collect(),
        };
        let ids = OPERATIONS.iter().map(|operation| operation.id).chain([NO_OPERATION]);
        Self { operations: ids.map(of_operation).collect(), counts, latencies }
    }
}

impl Requests {
    /// Counts a request.
    pub(crate) fn observe(&self, request: &Completed<'_>) {
        let id = request.operation.unwrap_or(NO_OPERATION);
        let Some(operation) = self.operations.iter().find(|operation| operation.id == id) else { return };
        let counter = request.status.checked_sub(STATUSES.start).and_then(|it| operation.statuses.get(usize::from(it)));
        if let Some(counter) = counter {
            let find = || self.counts.with_label_values(&[id, &request.status.to_string()]);
            counter.get_or_init(find).inc();
        }
        operation.latency.observe(seconds(request.micros));
    }

    pub(super) fn collectors(&self) -> [Box<dyn Collector>; 2] {
        [Box::new(self.counts.clone()), Box::new(self.latencies.clone())]
    }
}

#[expect(clippy::cast_precision_loss, reason = "a float has microseconds for centuries")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
