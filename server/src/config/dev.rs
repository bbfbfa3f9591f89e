//! The arguments of the development server.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;
use uuid::Uuid;

use super::values::loopback;
use super::{ListenAddress, Log, OrOff, Serve};

/// The configuration of the development server.
///
/// No flag takes the token itself, because every user of the machine can read the command lines of its processes.
#[derive(Debug, Clone, Args)]
pub struct Dev {
    /// The loopback address to listen on; port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT", value_parser = loopback)]
    pub listen: ListenAddress,
    /// The file with the owner token, in place of the variable `AETHER_DEV_TOKEN`; without either, a token is generated
    #[arg(long, value_name = "PATH")]
    pub token_file: Option<PathBuf>,
    /// The id of the organization; without it, an id is generated
    #[arg(long, value_name = "UUID")]
    pub organization: Option<Uuid>,
    /// The number of requests per minute for each token, and of those at once after a pause, or off
    #[arg(long, default_value = "off", value_name = "NUMBER|off")]
    pub rate_limit: OrOff<NonZeroU32>,
    /// The number of rejected tokens per minute for each client network, or off
    #[arg(long, default_value = "off", value_name = "NUMBER|off")]
    pub refusal_limit: OrOff<NonZeroU32>,
    /// The configuration of the log.
    #[command(flatten)]
    pub log: Log,
}

impl Dev {
    /// The variable with the owner token.
    pub const TOKEN_VARIABLE: &str = "AETHER_DEV_TOKEN";

    /// The configuration of the server with its files in `directory`. The other flags have their defaults.
    #[must_use]
    pub fn serve(&self, directory: &Path) -> Serve {
        let defaults = Serve::default();
        Serve {
            listen: self.listen.clone(),
            database: directory.join("aether.db"),
            rate_limit: self.rate_limit,
            rate_limit_burst: self.rate_limit.on().unwrap_or(defaults.rate_limit_burst),
            refusal_limit: self.refusal_limit,
            log: self.log.clone(),
            ..defaults
        }
    }
}
