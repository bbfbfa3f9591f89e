//! The life of a server: started on a store, stopped within a time.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use aether_api::runtime::Context;
use dropshot::{BuildError, ConfigDropshot, HttpServer, ServerBuilder};
use tracing::warn;

use crate::config::Serve;
use crate::http::{self, Aether};
use crate::log;
use crate::store::Store;

/// A server that listens.
pub struct Server {
    http: HttpServer<Context<Aether>>,
    store: Store,
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
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: Box<BuildError> },
}

impl Server {
    /// Serves the API on the configured address.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub fn start(config: &Serve, store: Store) -> Result<Self, StartError> {
        let mut api = aether_api::api::<Aether>().map_err(|error| StartError::Endpoints(error.to_string()))?;
        http::register(&mut api).map_err(|error| StartError::Endpoints(error.to_string()))?;
        let context = Context { service: Aether::new(store.clone()), body_timeout: config.body_timeout };
        // Handlers are detached from their connection, so a client that hangs up does not stop one half-way.
        let dropshot = ConfigDropshot { bind_address: config.listen, ..ConfigDropshot::default() };
        let http = ServerBuilder::new(api, context, log::dropshot())
            .config(dropshot)
            .start()
            .map_err(|source| StartError::Listen { address: config.listen, source: Box::new(source) })?;
        Ok(Self { http, store })
    }

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
