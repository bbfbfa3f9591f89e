//! A client that presents a token.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::Client;

/// How long a call may take, connecting included.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The token cannot stand in a header, so it is no token.
    #[error("the token has characters that no token has")]
    Token,
    #[error("cannot set up an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

impl Client {
    /// A client of the server at `base_url` that presents `token` with every request. Nothing is sent yet.
    ///
    /// For a `reqwest::Client` with settings of its own, see [`Client::new_with_client`].
    ///
    /// # Errors
    /// Where `token` cannot be one, or the TLS backend cannot be set up.
    pub fn connect(base_url: &str, token: &str) -> Result<Self, ConnectError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| ConnectError::Token)?;
        // Keeps the token out of `Debug` and out of HTTP/2's header compression.
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let http =
            reqwest::Client::builder().default_headers(headers).connect_timeout(TIMEOUT).timeout(TIMEOUT).build()?;
        Ok(Self::new_with_client(base_url.trim_end_matches('/'), http))
    }
}
