//! The arguments of the server.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::values::{buffer, duration, mebibytes, trusted_proxy, whole_seconds};
use super::{ListenAddress, OrOff, Switch};
use crate::memory;
use crate::store::ServerSettings;

/// The part of the available memory that verified tokens can take.
const CACHE_SHARE: u64 = 8;

/// The memory for verified tokens in bytes, if the system does not tell how much there is.
const DEFAULT_CACHE: usize = 256 << 20;

/// The configuration of the server.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// The address to listen on: ADDRESS:PORT, NAME:PORT, or :PORT for all addresses; port 0 selects a free port
    ///
    /// A name is resolved at the start; of several addresses, the first is taken, IPv4 before IPv6. `:PORT` is `[::]:PORT`, which also
    /// accepts IPv4 unless the system separates them, or `0.0.0.0:PORT` on a machine without IPv6.
    #[arg(long, env = "AETHER_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: ListenAddress,
    /// The database file; it is created if it does not exist
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
    /// The file to which the first start writes the owner token
    #[arg(long, env = "AETHER_OWNER_TOKEN_FILE", default_value = "aether-owner.token", value_name = "PATH")]
    pub owner_token_file: PathBuf,
    /// The certificate chain in PEM for HTTPS; SIGHUP reloads it
    #[arg(long, env = "AETHER_TLS_CERTIFICATE", value_name = "PATH")]
    pub tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, env = "AETHER_TLS_KEY", value_name = "PATH")]
    pub tls_key: Option<PathBuf>,
    /// The number of requests per minute for each token, or off; verification is not limited
    #[arg(long, env = "AETHER_RATE_LIMIT", default_value = "100", value_name = "NUMBER|off")]
    pub rate_limit: OrOff<NonZeroU32>,
    /// The number of requests that a token may send at once after a pause
    #[arg(long, env = "AETHER_RATE_LIMIT_BURST", default_value = "120", value_name = "NUMBER")]
    pub rate_limit_burst: NonZeroU32,
    /// The number of rejected tokens per minute for each client network, or off
    #[arg(long, env = "AETHER_REFUSAL_LIMIT", default_value = "60", value_name = "NUMBER|off")]
    pub refusal_limit: OrOff<NonZeroU32>,
    /// The address or the network of proxies whose X-Forwarded-For is trusted; repeatable, or separated by commas
    #[arg(long = "trusted-proxy", env = "AETHER_TRUSTED_PROXY", value_name = "ADDRESS|CIDR", value_delimiter = ',', value_parser = trusted_proxy)]
    pub trusted_proxies: Vec<IpNet>,
    /// The maximum life of a token that a token creates, for example 90d; without it, tokens need not expire
    #[arg(long, env = "AETHER_MAX_TOKEN_LIFE", value_name = "DURATION", value_parser = whole_seconds)]
    pub max_token_life: Option<Duration>,
    /// The maximum number of active tokens of an organization, without predecessors in the grace period of a rotation
    #[arg(long, env = "AETHER_MAX_TOKENS", value_name = "NUMBER")]
    pub max_tokens: Option<NonZeroU32>,
    /// The time for which a token stays readable after it was revoked or expired
    #[arg(long, env = "AETHER_RETENTION", default_value = "30d", value_name = "DURATION", value_parser = duration)]
    pub retention: Duration,
    /// The time for requests in progress to finish when the server stops, for example 10s or 500ms
    #[arg(long, env = "AETHER_SHUTDOWN_GRACE", default_value = "10s", value_name = "DURATION", value_parser = duration)]
    pub shutdown_grace: Duration,
    /// The time between the signal to stop and the end of new connections, in which /readyz fails already
    #[arg(long, env = "AETHER_DRAIN_DELAY", default_value = "0s", value_name = "DURATION", value_parser = duration)]
    pub drain_delay: Duration,
    /// The number of connections at a time; further ones wait, so that the memory and the files of the process stay bounded
    #[arg(long, env = "AETHER_MAX_CONNECTIONS", default_value = "4096", value_name = "NUMBER")]
    pub max_connections: NonZeroUsize,
    /// The number of concurrent requests of an HTTP/2 connection, so that one client cannot take the work of all
    #[arg(long, env = "AETHER_MAX_STREAMS", default_value = "100", value_name = "NUMBER")]
    pub max_streams: NonZeroU32,
    /// The bytes that wait in a connection, so that slow clients do not fill the memory: the head of a request (over it, 431), and the
    /// unsent part of a response; at least 8192
    #[arg(long, env = "AETHER_MAX_BUFFER", default_value = "65536", value_name = "BYTES", value_parser = buffer)]
    pub max_buffer: usize,
    /// The time in which a client has to make progress: with the TLS handshake and the first request, with the headers of a request, and
    /// with the reading of a response
    #[arg(long, env = "AETHER_STALL_TIMEOUT", default_value = "30s", value_name = "DURATION", value_parser = duration)]
    pub stall_timeout: Duration,
    /// The time for which a connection stays open between requests; longer than the 60 seconds of common load balancers, which would
    /// otherwise send a request into a closed connection
    #[arg(long, env = "AETHER_IDLE_TIMEOUT", default_value = "75s", value_name = "DURATION", value_parser = duration)]
    pub idle_timeout: Duration,
    /// The time in which the body of a request has to arrive
    #[arg(long, env = "AETHER_BODY_TIMEOUT", default_value = "30s", value_name = "DURATION", value_parser = duration)]
    pub body_timeout: Duration,
    /// The time that a request waits for the database: for its turn, and for another program that writes
    #[arg(long, env = "AETHER_BUSY_TIMEOUT", default_value = "5s", value_name = "DURATION", value_parser = duration)]
    pub busy_timeout: Duration,
    /// The maximum time of the check of the database after an unclean stop; 0 switches it off
    #[arg(long, env = "AETHER_CHECK_TIMEOUT", default_value = "60s", value_name = "DURATION", value_parser = duration)]
    pub check_timeout: Duration,
    /// The memory for verified tokens, in MiB: about 3,000 tokens each; without it, an eighth of the memory that the server may use
    #[arg(long, env = "AETHER_TOKEN_CACHE", value_name = "MIB", value_parser = mebibytes)]
    pub token_cache: Option<usize>,
    /// The reference page at /docs, which needs no token
    #[arg(long, env = "AETHER_DOCS", default_value = "on", value_name = "on|off", hide_possible_values = true)]
    pub docs: Switch,
    /// The address of the metrics at /metrics, for Prometheus; without it, there are none. They need no token, so other machines should
    /// not reach it
    #[arg(long, env = "AETHER_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<ListenAddress>,
    /// The configuration of the log.
    #[command(flatten)]
    pub log: Log,
}

impl Serve {
    /// The problem with a certificate without a key, or a key without a certificate. Each can be in another source.
    pub(super) fn incomplete_certificate(&self) -> Option<&'static str> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(_), None) => Some("--tls-certificate requires --tls-key, the private key of the certificate"),
            (None, Some(_)) => Some("--tls-key requires --tls-certificate, the certificate of the key"),
            _ => None,
        }
    }

    /// The settings of the store.
    #[must_use]
    pub fn store_settings(&self) -> ServerSettings {
        let token_cache = self.token_cache.unwrap_or_else(|| {
            let share = memory::available().map(|bytes| bytes / CACHE_SHARE);
            share.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(DEFAULT_CACHE)
        });
        ServerSettings { check_timeout: self.check_timeout, token_cache }
    }
}

/// The configuration of the log, which is written to standard error.
#[derive(Debug, Clone, Args)]
pub struct Log {
    /// The log level: off, error, warn, info, debug or trace; also by module, for example `info,aether_server=debug`
    ///
    /// A level without a module applies to this program. Other crates log warnings, unless they are named: `info,h2=debug`.
    /// A list of modules alone adds to `info`; `off,h2=debug` logs nothing else.
    #[arg(long = "log-level", env = "AETHER_LOG_LEVEL", default_value = "info", value_name = "LEVEL", value_parser = crate::log::validate)]
    pub level: String,
    /// The format of the log
    #[arg(long = "log-format", env = "AETHER_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub format: LogFormat,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text for people
    Text,
    /// One JSON object per line
    Json,
}
