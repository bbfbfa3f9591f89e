//! The arguments of `backup`.

use std::path::PathBuf;

use clap::Args;

use super::Database;

/// The arguments of `backup`.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// The file to write; it must not exist
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}
