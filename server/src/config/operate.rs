//! The commands for whoever operates the server.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::values::organization_name;

/// Where the tokens are.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// The database file
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Organization {
    /// Make an organization with its owner token
    ///
    /// Prints one JSON object with `organization_id`, `token_id` and `token`. The token is shown this once and is
    /// written nowhere. The database is made where there is none.
    Create {
        /// The name: 1 to 100 characters, and one that no other organization has
        #[arg(value_name = "NAME", value_parser = organization_name)]
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// List the organizations
    ///
    /// Prints one JSON object a line with `organization_id`, `name`, `created_at` and `live_tokens`, oldest first.
    List {
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Debug, Subcommand)]
pub enum Token {
    Revoke(RevokeToken),
    CreateOwner(OwnerToken),
}

/// Revoke a token
///
/// Prints one JSON object with `organization_id`, `token_id` and `revoked`, the number of tokens that this ended. It holds
/// at once, for a running server too.
#[derive(Debug, Clone, Args)]
pub struct RevokeToken {
    /// The token's id; its secret is not needed
    #[arg(value_name = "TOKEN_ID")]
    pub token_id: Uuid,
    /// Revoke also every token that this one made, and what those made
    #[arg(long)]
    pub descendants: bool,
    #[command(flatten)]
    pub database: Database,
}

/// Make a new owner token for an organization
///
/// For when the owner token is lost or leaked. Prints one JSON object with `organization_id`, `token_id` and `token`,
/// which is shown this once. It may do everything and does not expire. Earlier owner tokens work on until they are
/// revoked.
#[derive(Debug, Clone, Args)]
pub struct OwnerToken {
    /// The organization's id, as `organization list` prints it
    #[arg(value_name = "ORGANIZATION_ID")]
    pub organization_id: Uuid,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check that no event was altered or removed
    ///
    /// Follows each organization's chain and prints one JSON object a line with `organization_id`, `events` and `hash`,
    /// the hash of the last event; `problem` says what is wrong. Ends with 1 where anything is. Keep the hashes
    /// elsewhere: whoever can write to the database could write all of the chain anew, but not with the same hash.
    Verify {
        #[command(flatten)]
        database: Database,
    },
}

/// Copy the database of a running server
///
/// The copy is one file as of this moment. To restore it, stop the server and put it in the place of the database,
/// without the `-wal` and `-shm` files that lie beside.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// The file to write, which must not be there yet
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[command(flatten)]
    pub database: Database,
}
