//! The arguments of the commands on tokens.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Database;

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
