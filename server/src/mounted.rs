//! The operations of the contract on a dropshot server, as another program mounts them.
//!
//! The stub runs on both servers. This one has neither the limits of connections nor the endpoints outside the contract, and answers
//! unknown paths itself.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;

use aether_api::runtime::Context;
use dropshot::{ConfigDropshot, HttpServer, ServerBuilder};
use slog::{Discard, Logger, o};

use crate::config::Serve;
use crate::http::AetherService;
use crate::server::context;
use crate::store::Store;

/// A running dropshot server. It stops when it is dropped.
pub struct MountedServer(HttpServer<Context<AetherService>>);

impl fmt::Debug for MountedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MountedServer").field("address", &self.address()).finish()
    }
}

impl MountedServer {
    /// Starts a server of the API on `store`.
    ///
    /// # Errors
    /// Fails if dropshot rejects an endpoint or cannot bind the address.
    pub fn start(config: &Serve, store: Store) -> Result<Self, Box<dyn Error>> {
        let dropshot = ConfigDropshot { bind_address: config.listen.resolve()?, ..ConfigDropshot::default() };
        let api = aether_api::api::<AetherService>()?;
        let server = ServerBuilder::new(api, context(config, store), Logger::root(Discard, o!())).config(dropshot);
        Ok(Self(server.start()?))
    }

    /// The address of the server, with its actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr()
    }
}
