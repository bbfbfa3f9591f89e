//! The lifecycle of a server: bind, start, stop.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use aether_api::runtime::Context;
use dropshot::{ConfigDropshot, ConfigTls, HttpServer, HttpServerStarter, ServerBuilder};
use tokio::task::JoinSet;
use tracing::warn;

use crate::config::Serve;
use crate::http::{self, AetherService, Settings};
use crate::log;
use crate::maintenance;
use crate::rate_limit::Rate;
use crate::store::{Retention, Store};
use crate::tls::{CertificateFiles, TlsError};
use crate::tokens::Limits;

/// A server that is bound to its address and does not serve yet.
pub struct Bound {
    http: HttpServerStarter<Context<AetherService>>,
    store: Store,
    certificate: Option<CertificateFiles>,
    retention: Retention,
}

/// A running server.
pub struct Server {
    http: HttpServer<Context<AetherService>>,
    store: Store,
    certificate: Option<CertificateFiles>,
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
    /// Dropshot rejected an endpoint.
    #[error("cannot register the endpoints: {0}")]
    Endpoints(String),
    /// The address could not be bound.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The error of the operating system.
        cause: String,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] TlsError),
}

impl Bound {
    /// Binds the configured address for a server of the API on `store`.
    ///
    /// # Errors
    /// Fails if the address cannot be bound, or the certificate cannot be used.
    pub fn bind(config: &Serve, store: Store) -> Result<Self, StartError> {
        let mut api = aether_api::api::<AetherService>().map_err(|error| StartError::Endpoints(error.to_string()))?;
        http::register(&mut api).map_err(|error| StartError::Endpoints(error.to_string()))?;
        let service = AetherService::new(store.clone(), settings(config));
        let context = Context { service, body_timeout: config.body_timeout };
        let certificate = certificate(config);
        // Dropshot panics on an unusable certificate, so it is loaded before.
        let tls = certificate.as_ref().map(CertificateFiles::load).transpose()?.map(ConfigTls::Dynamic);
        // Handlers are detached from the connection, so a client that disconnects does not stop one.
        let dropshot = ConfigDropshot { bind_address: config.listen, ..ConfigDropshot::default() };
        let http =
            ServerBuilder::new(api, context, log::dropshot()).config(dropshot).tls(tls).build_starter().map_err(
                |error| {
                    // Dropshot's message only repeats the address.
                    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                    StartError::Listen { address: config.listen, cause }
                },
            )?;
        let seconds = seconds(config.retention);
        Ok(Self { http, store, certificate, retention: Retention { seconds } })
    }

    /// Starts to serve.
    #[must_use]
    pub fn start(self) -> Server {
        let maintenance = maintenance::start(self.store.clone(), self.retention);
        Server { http: self.http.start(), store: self.store, certificate: self.certificate, maintenance }
    }
}

impl Server {
    /// The address of the server, with its actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.certificate.is_some() { "https" } else { "http" }
    }

    /// Reloads the certificate for new connections. Returns whether the server has one.
    ///
    /// # Errors
    /// Fails if the certificate cannot be used. The old one stays in use.
    pub async fn reload_certificate(&self) -> Result<bool, TlsError> {
        let Some(files) = &self.certificate else { return Ok(false) };
        let config = ConfigTls::Dynamic(files.load()?);
        if let Err(error) = self.http.refresh_tls(&config).await {
            warn!(error, "the certificate could not be replaced");
        }
        Ok(true)
    }

    /// Stops accepting connections, waits at most `grace` for requests in progress, and closes the store.
    pub async fn stop(self, grace: Duration) {
        // Without the timeout, dropshot waits forever for a connection with an incomplete header.
        match tokio::time::timeout(grace, self.http.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(error, "the server did not stop cleanly"),
            Err(_) => warn!(?grace, "requests were still in progress at the end of the grace time"),
        }
        drop(self.maintenance);
        self.store.close().await;
    }
}

fn certificate(config: &Serve) -> Option<CertificateFiles> {
    let (certificate, key) = config.tls_certificate.clone().zip(config.tls_key.clone())?;
    Some(CertificateFiles { certificate, key })
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
