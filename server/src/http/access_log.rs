//! The access log: one line for each request, without any text of the client.

use std::time::SystemTime;

use aether_api::runtime::server::Completed;
use tracing::{Level, enabled};

use super::AetherService;
use crate::log::{self, Access};

/// Counts and logs a completed request.
pub(crate) fn observe(service: &AetherService, request: &Completed<'_>) {
    if let Some(metrics) = &service.metrics {
        metrics.requests.observe(request);
    }
    if !enabled!(target: log::ACCESS, Level::INFO) {
        return;
    }
    let id = |name| request.ids.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
    log::log_access(Access {
        completed_at: SystemTime::now(),
        id: request.id,
        method: request.method,
        operation: request.operation,
        route: request.route,
        organization: id("orgID"),
        token: id("tokenID"),
        status: request.status,
        micros: request.micros,
        peer: request.peer.ip(),
        trace: request.trace,
    });
}
