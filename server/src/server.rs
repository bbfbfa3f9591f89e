//! The lifecycle of a server: bind, start, stop.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aether_api::runtime::Context;
use aether_api::runtime::server as runtime;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tracing::warn;

use crate::config::{ListenAddress, Serve, Switch};
use crate::http::{self, AetherService, Settings};
use crate::maintenance;
use crate::metrics::{Exposition, Metrics, Sources};
use crate::rate_limit::Rate;
use crate::store::{Retention, Store};
use crate::tls::{Certificate, CertificateFiles, TlsError};
use crate::tokens::Limits;

/// The addresses and the certificate of a server whose database is not open yet. Connections are refused.
pub(crate) struct Reserved {
    socket: TcpSocket,
    metrics: Option<TcpSocket>,
    certificate: Option<Certificate>,
}

/// A server that is bound to its address and does not serve yet.
pub struct Bound {
    listener: TcpListener,
    context: Context<AetherService>,
    limits: runtime::Limits,
    store: Store,
    certificate: Option<Certificate>,
    metrics: Option<TcpListener>,
    retention: Retention,
    drain_delay: Duration,
    docs: Switch,
}

/// A running server.
pub struct Server {
    http: runtime::Server,
    /// The metrics, if they are exposed.
    metrics: Option<Exposition>,
    store: Store,
    certificate: Option<Certificate>,
    /// Whether the server is about to stop. `/readyz` tells it.
    draining: Arc<AtomicBool>,
    drain_delay: Duration,
    /// The periodic tasks. They end when this is dropped.
    maintenance: JoinSet<()>,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").finish_non_exhaustive()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// The reason why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could not be bound.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The configured address.
        address: ListenAddress,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// The operating system does not tell the address.
    #[error("the address of the server is unknown: {0}")]
    Address(std::io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] TlsError),
}

impl Reserved {
    /// Binds the configured addresses, and loads the certificate.
    ///
    /// # Errors
    /// Fails if an address cannot be bound, or the certificate cannot be used.
    pub(crate) fn bind(config: &Serve) -> Result<Self, StartError> {
        let certificate = CertificateFiles::of(config).map(Certificate::load).transpose()?;
        let metrics = config.metrics_listen.as_ref().map(bind).transpose()?;
        Ok(Self { socket: bind(&config.listen)?, metrics, certificate })
    }

    /// Listens for a server of the API on `store`.
    ///
    /// # Errors
    /// Fails if another program has begun to listen on an address.
    pub(crate) fn listen(self, config: &Serve, store: Store) -> Result<Bound, StartError> {
        let metrics = self.metrics.zip(config.metrics_listen.as_ref());
        Ok(Bound {
            listener: listen(self.socket, &config.listen)?,
            metrics: metrics.map(|(socket, address)| listen(socket, address)).transpose()?,
            context: context(config, store.clone()),
            limits: limits(config),
            store,
            certificate: self.certificate,
            retention: Retention { seconds: seconds(config.retention) },
            drain_delay: config.drain_delay,
            docs: config.docs,
        })
    }
}

impl Bound {
    /// Binds the configured address for a server of the API on `store`.
    ///
    /// # Errors
    /// Fails if the address cannot be bound, or the certificate cannot be used.
    pub fn bind(config: &Serve, store: Store) -> Result<Self, StartError> {
        Reserved::bind(config)?.listen(config, store)
    }

    /// Starts to serve.
    ///
    /// # Errors
    /// Fails if the operating system does not tell the address.
    pub fn start(self) -> Result<Server, StartError> {
        let Self { listener, context, limits, store, certificate, metrics, retention, drain_delay, docs } = self;
        let tls = certificate.as_ref().map(Certificate::tls);
        let (draining, counted) = (Arc::clone(&context.service.draining), context.service.metrics.clone());
        let mut router = aether_api::router::<AetherService>();
        http::management::register(&mut router);
        http::ext_authz::register(&mut router);
        if docs.is_on() {
            http::docs::register(&mut router);
        }
        let http = runtime::Server::start(listener, tls, (router, context), limits, http::observe)
            .map_err(StartError::Address)?;
        let expose = |(listener, metrics)| {
            let sources = Sources {
                metrics,
                store: store.clone(),
                certificate: certificate.clone(),
                connections: http.connections(),
                max_connections: limits.connections,
                draining: Arc::clone(&draining),
            };
            Exposition::start(listener, sources).map_err(StartError::Address)
        };
        let metrics = metrics.zip(counted.clone()).map(expose).transpose()?;
        let maintenance = maintenance::start(store.clone(), retention, counted);
        Ok(Server { http, metrics, store, certificate, draining, drain_delay, maintenance })
    }
}

impl Server {
    /// The address of the server, with its actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.address()
    }

    /// The address of the metrics, if they are exposed.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(Exposition::address)
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.certificate.is_some() { "https" } else { "http" }
    }

    /// The certificate, if the server has one.
    #[must_use]
    pub(crate) fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Reports that the server is not ready, waits for the configured delay, refuses new connections, waits at most `grace` for the
    /// requests in progress, and closes the store.
    pub async fn stop(self, grace: Duration) {
        self.draining.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain_delay).await;
        if !self.http.stop(grace).await {
            warn!(?grace, "requests were still in progress at the end of the grace time");
        }
        drop(self.maintenance);
        if let Some(metrics) = self.metrics {
            metrics.stop().await;
        }
        self.store.close().await;
    }
}

fn bind(address: &ListenAddress) -> Result<TcpSocket, StartError> {
    address.resolve().and_then(runtime::bind).map_err(|cause| cannot_listen(address, cause))
}

fn listen(socket: TcpSocket, address: &ListenAddress) -> Result<TcpListener, StartError> {
    runtime::listen(socket).map_err(|cause| cannot_listen(address, cause))
}

fn cannot_listen(address: &ListenAddress, cause: std::io::Error) -> StartError {
    StartError::Listen { address: address.clone(), cause }
}

pub(crate) fn context(config: &Serve, store: Store) -> Context<AetherService> {
    let metrics = config.metrics_listen.as_ref().map(|_| Arc::new(Metrics::new(store.collectors())));
    Context { service: AetherService::new(store, settings(config), metrics), body_timeout: config.body_timeout }
}

fn limits(config: &Serve) -> runtime::Limits {
    runtime::Limits {
        connections: config.max_connections.get(),
        streams: config.max_streams.get(),
        buffer: config.max_buffer,
        stall: config.stall_timeout,
        idle: config.idle_timeout,
    }
}

fn settings(config: &Serve) -> Settings {
    let rate = |per_minute: u32, burst: u32| Rate::new(burst, per_minute);
    Settings {
        limits: Limits { life: config.max_token_life.map(seconds), tokens: config.max_tokens.map(Into::into) },
        token_rate: config.rate_limit.on().map(|limit| rate(limit.get(), config.rate_limit_burst.get())),
        rejection_rate: config.refusal_limit.on().map(|limit| rate(limit.get(), limit.get())),
        trusted_proxies: config.trusted_proxies.clone(),
    }
}

/// Whole seconds, saturating.
fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
