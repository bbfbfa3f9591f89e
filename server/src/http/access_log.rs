//! The access log: one line for each request, without any text of the client.

use aether_api::runtime::server::Completed;
use tracing::info;

/// Logs a completed request.
pub(crate) fn log_access(request: &Completed<'_>) {
    let id = |name| request.ids.iter().find(|(known, _)| *known == name).map(|(_, id)| tracing::field::display(id));
    info!(
        target: "aether::access",
        id = %request.id,
        method = request.method,
        operation = request.operation,
        route = request.route,
        org_id = id("orgID"),
        token_id = id("tokenID"),
        status = request.status,
        micros = request.micros,
        peer = %request.peer.ip(),
    );
}
