//! Construction of a client with a token.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::Client;

/// The maximum duration of a call, including the connection.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The reason why a client was not created.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A token that cannot be sent in a header.
    #[error("the token contains invalid characters")]
    Token,
    /// An error in the configuration of the HTTP client.
    #[error("cannot configure the HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

impl Client {
    /// Creates a client of the server at `base_url` that sends `token` with every request. It does not connect yet.
    ///
    /// [`Client::new_with_client`] accepts a `reqwest::Client` with other settings.
    ///
    /// # Errors
    /// Fails if `token` cannot be sent in a header, or the TLS backend cannot be configured.
    pub fn connect(base_url: &str, token: &str) -> Result<Self, ConnectError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| ConnectError::Token)?;
        // Excludes the token from `Debug` and from HTTP/2's header compression.
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let http =
            reqwest::Client::builder().default_headers(headers).connect_timeout(TIMEOUT).timeout(TIMEOUT).build()?;
        Ok(Self::new_with_client(base_url.trim_end_matches('/'), http))
    }
}
