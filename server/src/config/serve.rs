//! How to serve.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::OrOff;
use super::values::{duration, whole_seconds};

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "AETHER_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The database file, which is made where there is none
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
    /// Where the first start writes the owner token of the organization that it makes
    #[arg(long, env = "AETHER_OWNER_TOKEN_FILE", default_value = "aether-owner.token", value_name = "PATH")]
    pub owner_token_file: PathBuf,
    /// A certificate chain in PEM to serve HTTPS with; it is read again on SIGHUP
    #[arg(long, env = "AETHER_TLS_CERTIFICATE", value_name = "PATH", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, env = "AETHER_TLS_KEY", value_name = "PATH", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// How many requests a minute each token may make, or off; verification takes none
    #[arg(long, env = "AETHER_RATE_LIMIT", default_value = "100", value_name = "NUMBER|off")]
    pub rate_limit: OrOff<NonZeroU32>,
    /// How many requests each token may make at once after a pause
    #[arg(long, env = "AETHER_RATE_LIMIT_BURST", default_value = "120", value_name = "NUMBER")]
    pub rate_limit_burst: NonZeroU32,
    /// How many refused tokens a minute each address may send before it is told to wait, or off
    #[arg(long, env = "AETHER_REFUSAL_LIMIT", default_value = "60", value_name = "NUMBER|off")]
    pub refusal_limit: OrOff<NonZeroU32>,
    /// A network of proxies whose X-Forwarded-For is believed; may be given more than once, or with commas
    #[arg(long = "trusted-proxy", env = "AETHER_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// How long a token that is created may live at most, as in 90d; without it, tokens need not expire
    #[arg(long, env = "AETHER_MAX_TOKEN_LIFE", value_name = "DURATION", value_parser = whole_seconds)]
    pub max_token_life: Option<Duration>,
    /// How many live tokens an organization may have at most
    #[arg(long, env = "AETHER_MAX_TOKENS", value_name = "NUMBER")]
    pub max_tokens: Option<NonZeroU32>,
    /// How long a token stays readable after it was revoked or expired
    #[arg(long, env = "AETHER_RETENTION", default_value = "30d", value_name = "DURATION", value_parser = duration)]
    pub retention: Duration,
    /// How long what is in flight may take to finish when the server is told to stop, as in 10s or 500ms
    #[arg(long, env = "AETHER_SHUTDOWN_GRACE", default_value = "10s", value_name = "DURATION", value_parser = duration)]
    pub shutdown_grace: Duration,
    /// How long the body of a request may take to arrive
    #[arg(long, env = "AETHER_BODY_TIMEOUT", default_value = "30s", value_name = "DURATION", value_parser = duration)]
    pub body_timeout: Duration,
    /// How long a request waits for another program that is writing to the database
    #[arg(long, env = "AETHER_BUSY_TIMEOUT", default_value = "5s", value_name = "DURATION", value_parser = duration)]
    pub busy_timeout: Duration,
    #[command(flatten)]
    pub log: Log,
}

/// What to log, and how. Logs go to standard error.
#[derive(Debug, Clone, Args)]
pub struct Log {
    /// What to log: error, warn, info, debug or trace, also by module, as in `info,aether_server=debug`
    #[arg(long = "log-level", env = "AETHER_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub level: String,
    /// How to write it
    #[arg(long = "log-format", env = "AETHER_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
