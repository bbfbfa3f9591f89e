//! The database of the operator's commands.

use std::path::PathBuf;

use clap::Args;

/// The database of a command.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// The database file
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
    /// The configuration file of the server, of which `database` is read; the flag and the variable of the database go before it
    #[arg(long, env = "AETHER_CONFIG", value_name = "PATH")]
    pub config: Option<PathBuf>,
}
