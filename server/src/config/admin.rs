//! The arguments of the operator's commands.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::values::organization_name;

/// The database of a command.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// The database file
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
}

/// The commands on organizations.
#[derive(Debug, Subcommand)]
pub enum Organization {
    /// Create an organization with its owner token
    ///
    /// Prints one JSON object with `organization_id`, `token_id` and `token`. The token is shown once and not stored.
    /// The database is created if it does not exist.
    Create {
        /// The unique name: 1 to 100 characters with a visible one, without control characters and directions of text
        #[arg(value_name = "NAME", value_parser = organization_name)]
        name: String,
        /// The database.
        #[command(flatten)]
        database: Database,
    },
    /// List the organizations
    ///
    /// Prints one JSON object per line with `organization_id`, `name`, `created_at` and `live_tokens`, oldest first.
    List {
        /// The database.
        #[command(flatten)]
        database: Database,
    },
}

/// The commands on tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Revoke a token
    ///
    /// Prints one JSON object with `organization_id`, `token_id` and `revoked`, the number of active tokens that it revoked. The
    /// revocation is effective at once, for a running server too.
    Revoke(RevokeToken),
    /// Create an owner token for an organization
    ///
    /// Replaces a lost or leaked owner token. Prints one JSON object with `organization_id`, `token_id` and `token`, which is
    /// shown once. The token has the scope `*` and does not expire. Earlier owner tokens stay active until they are revoked.
    CreateOwner(OwnerToken),
}

/// The arguments of `token revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeToken {
    /// The id of the token
    #[arg(value_name = "TOKEN_ID")]
    pub token_id: Uuid,
    /// Also revoke the tokens that the token created, directly or through others
    #[arg(long)]
    pub descendants: bool,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// The arguments of `token create-owner`.
#[derive(Debug, Clone, Args)]
pub struct OwnerToken {
    /// The id of the organization, from `organization list`
    #[arg(value_name = "ORGANIZATION_ID")]
    pub organization_id: Uuid,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

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
