//! The metrics of the thread that writes.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts};

/// The upper bounds of times, in seconds: from a write on a fast disk to the patience of a request.
const TIMES: [f64; 14] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The upper bounds of the number of changes in a commit.
const CHANGES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The times of the changes of requests and of their commits. Clones are handles to the same ones.
#[derive(Debug, Clone)]
pub(in crate::store) struct WriterMetrics {
    wait: Histogram,
    commit: Histogram,
    changes: Histogram,
}

impl Default for WriterMetrics {
    fn default() -> Self {
        let histogram = |name: &str, help: &str, bounds: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
            Histogram::with_opts(options).expect("the name and the bounds are valid")
        };
        Self {
            wait: histogram(
                "aether_writer_wait_seconds",
                "Time that the change of a request waited for its turn.",
                &TIMES,
            ),
            commit: histogram(
                "aether_writer_commit_duration_seconds",
                "Time of a commit with its sync, also of one that failed.",
                &TIMES,
            ),
            changes: histogram("aether_writer_commit_changes", "Changes of requests in a commit.", &CHANGES),
        }
    }
}

impl WriterMetrics {
    pub(super) fn observe_wait(&self, waited: Duration) {
        self.wait.observe(waited.as_secs_f64());
    }

    pub(super) fn observe_commit(&self, took: Duration) {
        self.commit.observe(took.as_secs_f64());
    }

    /// Observes the number of changes of a successful commit.
    pub(super) fn observe_changes(&self, changes: u32) {
        self.changes.observe(changes.into());
    }

    pub(in crate::store) fn collectors(&self) -> [Box<dyn Collector>; 3] {
        [&self.wait, &self.commit, &self.changes].map(|it| Box::new(it.clone()) as Box<dyn Collector>)
    }
}
