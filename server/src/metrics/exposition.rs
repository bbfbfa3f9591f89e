//! The endpoint `/metrics`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aether_api::runtime::server::{self, Connections, Limits};
use aether_api::runtime::{Context, Rejection, RejectionBody, RoutedRequest, Router, ServiceAdapter};
use dropshot::Body;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use prometheus::{TEXT_FORMAT, TextEncoder};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Metrics, state};
use crate::store::Store;
use crate::tls::Certificate;

/// The limits of the listener. A few programs ask it, a few times a minute.
const LIMITS: Limits = Limits {
    connections: 64,
    streams: 8,
    buffer: 64 * 1024,
    stall: Duration::from_secs(10),
    idle: Duration::from_secs(120),
};

/// The parts of a server that have metrics.
pub(crate) struct Sources {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) store: Store,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) connections: Connections,
    pub(crate) max_connections: usize,
    /// Whether the server is about to stop.
    pub(crate) draining: Arc<AtomicBool>,
}

impl Sources {
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// The endpoint on its own listener.
pub(crate) struct Exposition(server::Server);

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Exposition").field(&self.address()).finish()
    }
}

impl Exposition {
    /// Serves the metrics of `sources`.
    ///
    /// # Errors
    /// Fails if the listener has no address.
    pub(crate) fn start(listener: TcpListener, sources: Sources) -> std::io::Result<Self> {
        let mut router = Router::new::<Adapter, Value>();
        for method in [Method::GET, Method::HEAD] {
            router.endpoint(method, "/metrics", metrics);
        }
        let context = Context { service: sources, body_timeout: LIMITS.stall };
        server::Server::start(listener, None, (router, context), LIMITS, |_, _| {}).map(Self)
    }

    /// The address, with the actual port.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.0.address()
    }

    /// Stops at once.
    pub(crate) async fn stop(self) {
        self.0.stop(Duration::ZERO).await;
    }
}

async fn metrics(context: Arc<Context<Sources>>, _: RoutedRequest) -> Response<Body> {
    let sources = &context.service;
    let state = state::read(sources).await;
    let mut families = sources.metrics.registry.gather();
    families.extend(state);
    let text = TextEncoder::new().encode_to_string(&families).expect("each family has metrics");
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
    response
}

/// The adapter of an endpoint without operations.
struct Adapter;

impl ServiceAdapter for Adapter {
    type Service = Sources;
}

impl RejectionBody<Value> for Adapter {
    fn error_body(rejection: &Rejection) -> Value {
        let status = StatusCode::from_u16(rejection.status()).unwrap_or_default();
        json!({"error": status.canonical_reason()})
    }
}
