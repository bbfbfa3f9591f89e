//! Clients of the servers in this crate.

use aether_client::reqwest::{Proxy, Url};
use aether_client::{Client, ClientBuilder};

/// The settings of a client of a server in the same process. A proxy of the environment is not used.
pub(crate) fn builder(url: &str) -> ClientBuilder {
    Client::builder().url(url).proxy(Proxy::custom(|_| None::<Url>))
}
