//! The life of a server: bound to an address, started, stopped within a time.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use aether_api::runtime::Context;
use dropshot::{ConfigDropshot, ConfigTls, HttpServer, HttpServerStarter, ServerBuilder};
use tokio::task::JoinSet;
use tracing::warn;

use crate::config::Serve;
use crate::http::{self, Aether, Settings};
use crate::limit::Rate;
use crate::log;
use crate::store::{Retention, Store};
use crate::tls::{CertificateFiles, TlsError};
use crate::tokens::Limits;
use crate::upkeep;

/// A server that has its address, and answers nobody yet.
pub struct Bound {
    http: HttpServerStarter<Context<Aether>>,
    store: Store,
    certificate: Option<CertificateFiles>,
    retention: Retention,
}

/// A server that answers.
pub struct Server {
    http: HttpServer<Context<Aether>>,
    store: Store,
    certificate: Option<CertificateFiles>,
    /// It ends when this is dropped.
    upkeep: JoinSet<()>,
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

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot register the endpoints: {0}")]
    Endpoints(String),
    #[error("cannot listen on {address}: {cause}")]
    Listen { address: SocketAddr, cause: String },
    #[error(transparent)]
    Certificate(#[from] TlsError),
}

impl Bound {
    /// Takes the configured address for a server of the API on `store`.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub fn bind(config: &Serve, store: Store) -> Result<Self, StartError> {
        let mut api = aether_api::api::<Aether>().map_err(|error| StartError::Endpoints(error.to_string()))?;
        http::register(&mut api).map_err(|error| StartError::Endpoints(error.to_string()))?;
        let service = Aether::new(store.clone(), settings(config));
        let context = Context { service, body_timeout: config.body_timeout };
        let certificate = certificate(config);
        // Dropshot would panic on a bad one, so it gets to see good ones only.
        let tls = certificate.as_ref().map(CertificateFiles::load).transpose()?.map(ConfigTls::Dynamic);
        // Handlers are detached from their connection, so a client that hangs up does not stop one half-way.
        let dropshot = ConfigDropshot { bind_address: config.listen, ..ConfigDropshot::default() };
        let http =
            ServerBuilder::new(api, context, log::dropshot()).config(dropshot).tls(tls).build_starter().map_err(
                |error| {
                    // Dropshot's own sentence only names the address again.
                    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                    StartError::Listen { address: config.listen, cause }
                },
            )?;
        let seconds = seconds(config.retention);
        Ok(Self { http, store, certificate, retention: Retention { seconds } })
    }

    /// Begins to answer.
    #[must_use]
    pub fn start(self) -> Server {
        let upkeep = upkeep::start(self.store.clone(), self.retention);
        Server { http: self.http.start(), store: self.store, certificate: self.certificate, upkeep }
    }
}

impl Server {
    /// Where the server listens, with the port that it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.certificate.is_some() { "https" } else { "http" }
    }

    /// Reads the certificate again, for the connections from now on. Returns whether there is one.
    ///
    /// # Errors
    /// Where it cannot be served with; the old one stays then.
    pub async fn reload_certificate(&self) -> Result<bool, TlsError> {
        let Some(files) = &self.certificate else { return Ok(false) };
        let config = ConfigTls::Dynamic(files.load()?);
        if let Err(error) = self.http.refresh_tls(&config).await {
            warn!(error, "the server does not serve HTTPS");
        }
        Ok(true)
    }

    /// Accepts nothing more, lets what is in flight finish for at most `grace`, and closes the store.
    pub async fn stop(self, grace: Duration) {
        // Dropshot itself would wait for ever, for one header that was sent by half.
        match tokio::time::timeout(grace, self.http.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(error, "the server did not stop well"),
            Err(_) => warn!(?grace, "requests were still in flight when the time was over"),
        }
        drop(self.upkeep);
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
        refusal_rate: config.refusal_limit.on().map(|limit| rate(limit.get(), limit.get())),
        trusted_proxies: config.trusted_proxies.clone(),
    }
}

/// Whole seconds. What is longer than can be said is as good as for ever.
fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
