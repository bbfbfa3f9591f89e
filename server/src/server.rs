//! The life of a server: bound to an address, started, stopped within a time.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use aether_api::runtime::Context;
use dropshot::{ConfigDropshot, HttpServer, HttpServerStarter, ServerBuilder};
use tracing::warn;

use crate::config::Serve;
use crate::http::{self, Aether};
use crate::log;
use crate::store::Store;

/// A server that has its address, and answers nobody yet.
pub struct Bound {
    http: HttpServerStarter<Context<Aether>>,
    store: Store,
}

/// A server that answers.
pub struct Server {
    http: HttpServer<Context<Aether>>,
    store: Store,
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
}

impl Bound {
    /// Takes the configured address for a server of the API on `store`.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub fn bind(config: &Serve, store: Store) -> Result<Self, StartError> {
        let mut api = aether_api::api::<Aether>().map_err(|error| StartError::Endpoints(error.to_string()))?;
        http::register(&mut api).map_err(|error| StartError::Endpoints(error.to_string()))?;
        let context = Context { service: Aether::new(store.clone()), body_timeout: config.body_timeout };
        // Handlers are detached from their connection, so a client that hangs up does not stop one half-way.
        let dropshot = ConfigDropshot { bind_address: config.listen, ..ConfigDropshot::default() };
        let http =
            ServerBuilder::new(api, context, log::dropshot()).config(dropshot).build_starter().map_err(|error| {
                // Dropshot's own sentence only names the address again.
                let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                StartError::Listen { address: config.listen, cause }
            })?;
        Ok(Self { http, store })
    }

    /// Begins to answer.
    #[must_use]
    pub fn start(self) -> Server {
        Server { http: self.http.start(), store: self.store }
    }
}

impl Server {
    /// Where the server listens, with the port that it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// Accepts nothing more, lets what is in flight finish for at most `grace`, and closes the store.
    pub async fn stop(self, grace: Duration) {
        // Dropshot itself would wait for ever, for one header that was sent by half.
        match tokio::time::timeout(grace, self.http.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(error, "the server did not stop well"),
            Err(_) => warn!(?grace, "requests were still in flight when the time was over"),
        }
        self.store.close().await;
    }
}
