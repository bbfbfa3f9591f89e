//! The database of the operator's commands.

use std::path::PathBuf;

use clap::Args;

/// The database of a command.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// The database file
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
    /// The configuration file of the server, of which `database` is read; with the flag or the variable of the database, it is not read
    #[arg(long, env = "AETHER_CONFIG", value_name = "PATH")]
    pub config: Option<PathBuf>,
}
