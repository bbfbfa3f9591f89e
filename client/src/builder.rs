//! The settings of a client.

use std::fmt;
use std::time::Duration;

use reqwest::Proxy;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
#[cfg(any(feature = "native-tls", feature = "rustls", feature = "rustls-no-provider"))]
use reqwest::tls::Certificate;
use uuid::Uuid;

use crate::environment;
use crate::profile::Profiles;
use crate::transport::{Settings, Transport, authorization};
use crate::{Client, Error, Result, Retries, TokenSecret, base_url, generated};

/// The name and version of this crate in `User-Agent`.
const USER_AGENT: &str = concat!("aether-client/", env!("CARGO_PKG_VERSION"));

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The interval of pings on a connection of HTTP/2 in use, and the time to wait for the response.
#[cfg(feature = "http2")]
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);

/// The settings of a new [`Client`]. A URL and a token are required.
#[must_use = "it creates nothing before `build`"]
pub struct ClientBuilder {
    url: Option<String>,
    token: Option<TokenSecret>,
    organization: Option<Uuid>,
    user_agent: Option<String>,
    attempt_timeout: Duration,
    timeout: Duration,
    retries: Retries,
    http: Http,
    given_http: Option<reqwest::Client>,
}

/// The settings of a new HTTP client.
#[derive(Default)]
struct Http {
    certificates: Vec<Vec<u8>>,
    proxy: Option<Proxy>,
    connect_timeout: Option<Duration>,
}

/// Prints neither a token nor a proxy, which can have a password.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_deref().map(|url| base_url::parse(url).unwrap_or_else(|_| "[unusable]".to_owned()));
        f.debug_struct("ClientBuilder").field("url", &url).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            url: None,
            token: None,
            organization: None,
            user_agent: None,
            attempt_timeout: ATTEMPT_TIMEOUT,
            timeout: TIMEOUT,
            retries: Retries::default(),
            http: Http::default(),
            given_http: None,
        }
    }

    /// Reads the URL and the token from the environment, and without any of its variables, from a profile.
    ///
    /// The variables are `AETHER_URL`, and `AETHER_TOKEN` or `AETHER_TOKEN_FILE`, the name of a file with the token. They
    /// are used together: the token of a profile is never sent to a URL of the environment. `AETHER_PROFILE` names the
    /// profile, by default `default`. See [`profile`](crate::profile) for the file.
    ///
    /// # Errors
    /// Fails if neither of them is complete, or a file cannot be read. Others may be able to read the file of a token, as in
    /// Kubernetes, but not the profiles.
    pub fn from_env() -> Result<Self> {
        environment::read(|name| std::env::var_os(name))
    }

    /// Reads the URL, the token and the organization from a profile of the user, whatever the environment contains.
    ///
    /// # Errors
    /// Fails if there is no such profile, or the file cannot be read or can be read by others.
    pub fn from_profile(name: &str) -> Result<Self> {
        let profile = Profiles::open()?.get(name)?;
        let builder = Self::new().url(profile.url).token(profile.token);
        Ok(Self { organization: profile.organization, ..builder })
    }

    /// Sets the URL of the server, for example `https://aether.example.com`, without `/api/v1`.
    pub fn url(mut self, url: impl AsRef<str>) -> Self {
        self.url = Some(url.as_ref().to_owned());
        self
    }

    /// Sets the token of the caller. White space around it is removed.
    pub fn token(mut self, token: impl Into<TokenSecret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the organization of the token, which saves the request that reads it.
    pub fn organization(mut self, org_id: Uuid) -> Self {
        self.organization = Some(org_id);
        self
    }

    /// Sets the name of the program, for example `my-service/1.2`. It precedes the client's own in `User-Agent`, which is
    /// recorded with each audit event.
    pub fn user_agent(mut self, program: impl Into<String>) -> Self {
        self.user_agent = Some(program.into());
        self
    }

    /// Sets the maximum time of a connection's establishment. The default is 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = Some(timeout);
        self
    }

    /// Sets the maximum time of one attempt, with the connection and the body. The default is 10 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the maximum time of a call, with all attempts and the delays between them. The default is 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets when and how often a failed attempt is repeated. [`Retries::off`] switches it off.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Trusts the certificates in a PEM text, in addition to the system's.
    #[cfg(any(feature = "native-tls", feature = "rustls", feature = "rustls-no-provider"))]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.certificates.push(pem.into());
        self
    }

    /// Sends every request through a proxy. By default, the variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` decide.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.http.proxy = Some(proxy);
        self
    }

    /// Uses an HTTP client of the caller, which has its own certificates, proxies and connect timeout.
    ///
    /// Build it with `redirect(Policy::none())`. If it follows a redirect, the body of the request is not sent again, and
    /// the response is an error.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.given_http = Some(client);
        self
    }

    /// Creates the client. It does not connect yet.
    ///
    /// # Errors
    /// Fails with the kind [`Configuration`](crate::ErrorKind::Configuration) if a setting cannot be used.
    pub fn build(self) -> Result<Client> {
        let url = base_url::parse(self.url.as_deref().unwrap_or_default())?;
        let token = self.token.ok_or_else(|| Error::configuration("no token"))?;
        let user_agent = self.user_agent.map_or(USER_AGENT.to_owned(), |program| format!("{program} {USER_AGENT}"));
        let settings = Settings {
            user_agent: HeaderValue::try_from(user_agent)
                .map_err(|_| Error::configuration("the user agent has characters that cannot be sent"))?,
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            retries: self.retries,
            is_foreign: self.given_http.is_some(),
        };
        let http = match self.given_http {
            Some(client) if self.http.is_default() => client,
            Some(_) => {
                return Err(Error::configuration(
                    "certificates, a proxy and a connect timeout are settings of the HTTP client that was given",
                ));
            }
            None => self.http.build()?,
        };
        let transport = Transport::new(authorization(&token)?, settings, self.organization);
        Ok(Client::from_operations(generated::Client { baseurl: url, client: http, inner: transport }))
    }
}

impl Http {
    fn is_default(&self) -> bool {
        self.certificates.is_empty() && self.proxy.is_none() && self.connect_timeout.is_none()
    }

    fn build(self) -> Result<reqwest::Client> {
        #[cfg(feature = "rustls-ring")]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Another thread can have installed one in the meantime.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let connect_timeout = self.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let mut http = reqwest::Client::builder().redirect(Policy::none()).connect_timeout(connect_timeout);
        // Otherwise each attempt would use a connection whose network has gone.
        #[cfg(feature = "http2")]
        {
            http = http.http2_keep_alive_interval(KEEP_ALIVE).http2_keep_alive_timeout(KEEP_ALIVE);
        }
        #[cfg(any(feature = "native-tls", feature = "rustls", feature = "rustls-no-provider"))]
        if !self.certificates.is_empty() {
            http = http.tls_certs_merge(parse_certificates(&self.certificates)?);
        }
        if let Some(proxy) = self.proxy {
            http = http.proxy(proxy);
        }
        http.build().map_err(|error| Error::configuration(format!("TLS cannot be configured: {error}")))
    }
}

#[cfg(any(feature = "native-tls", feature = "rustls", feature = "rustls-no-provider"))]
fn parse_certificates(files: &[Vec<u8>]) -> Result<Vec<Certificate>> {
    let mut certificates = Vec::new();
    for pem in files {
        let parsed = Certificate::from_pem_bundle(pem).unwrap_or_default();
        if parsed.is_empty() {
            return Err(Error::configuration("no certificate in the PEM text"));
        }
        certificates.extend(parsed);
    }
    Ok(certificates)
}
