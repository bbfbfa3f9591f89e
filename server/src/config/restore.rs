//! The arguments of `restore`.

use std::path::PathBuf;

use clap::Args;

use super::Database;

/// The arguments of `restore`.
#[derive(Debug, Clone, Args)]
pub struct Restore {
    /// The backup, a file that `aether-server backup` wrote
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// Revoke the tokens in the restored database that are active in the backup and not in the old database
    #[arg(long, conflicts_with = "reactivate")]
    pub revoke_again: bool,
    /// Let these tokens be active again
    #[arg(long)]
    pub reactivate: bool,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}
