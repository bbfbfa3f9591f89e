//! The arguments of the commands on the audit log.

use clap::Subcommand;

use super::Database;

/// The commands on the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verify that no event was altered, removed or inserted
    ///
    /// Prints one JSON object per organization with `organization_id`, `events` and `hash`, the hash of the newest event;
    /// `problem` describes a broken chain. The exit status is 1 if there is a problem. Keep the hashes in another place:
    /// a chain that is rewritten completely is consistent, but has another hash.
    Verify {
        /// The database.
        #[command(flatten)]
        database: Database,
    },
}
