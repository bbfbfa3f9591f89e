//! The metrics of a server, in the text format of Prometheus, on a listener of their own.
//!
//! [`requests`] and [`rejections`] count during requests, and the store counts its writes. [`state`] is read for each response. No label
//! has a text of a client or an id.

mod exposition;
mod rejections;
mod requests;
mod state;

use std::fmt;

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntGauge, Registry};

use rejections::Rejections;
use requests::Requests;

pub(crate) use exposition::{Exposition, Sources};
pub(crate) use rejections::RejectionReason;

/// The metrics that are counted while the server works.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) requests: Requests,
    pub(crate) rejections: Rejections,
    /// The number of active tokens, as it was counted last.
    pub(crate) live_tokens: IntGauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics that include those of `others`.
    pub(crate) fn new(others: impl IntoIterator<Item = Box<dyn Collector>>) -> Self {
        let help = "Active tokens of all organizations, counted once a minute or less often.";
        let live_tokens = IntGauge::new("aether_tokens_live", help).expect(VALID);
        let metrics = Self {
            registry: Registry::new(),
            requests: Requests::default(),
            rejections: Rejections::default(),
            live_tokens: live_tokens.clone(),
        };
        let own = [Box::new(live_tokens) as Box<dyn Collector>, Box::new(ProcessCollector::for_self())];
        let counted = metrics.requests.collectors().into_iter().chain([metrics.rejections.collector()]);
        for collector in own.into_iter().chain(counted).chain(others) {
            metrics.registry.register(collector).expect("each name is registered once");
        }
        metrics
    }
}

/// The reason why the construction of a metric cannot fail.
const VALID: &str = "the name and the labels are valid";
