//! The arguments of the commands on tokens.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::selection::{organization_id, token_id};
use super::{Database, OrganizationSelector, StateSelector, TokenPrefix, TokenSelector};

/// The commands on tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// List tokens
    ///
    /// Prints one JSON object per line, as the API describes a token, with `org_id` and `state`: organization by organization, oldest first.
    /// No output has a secret, because the database has none.
    List(ListTokens),
    /// Show a token with its creators
    ///
    /// Prints one JSON object as `token list`, and in it `organization`, the name; `predecessor`, the id of the token that it replaced by a
    /// rotation (`rotated_to` is its successor); and `creators`, the tokens that created it, from its own creator to an owner token. With a
    /// prefix, prints each token that has it.
    Show(ShowToken),
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

/// The arguments of `token list`.
#[derive(Debug, Clone, Args)]
pub struct ListTokens {
    /// The id or the name of the organization; without it, the tokens of all organizations are listed
    #[arg(long, value_name = "ORGANIZATION")]
    pub organization: Option<OrganizationSelector>,
    /// The state of the tokens
    #[arg(long, default_value = "all", value_name = "STATE")]
    pub state: StateSelector,
    /// The public prefix of the tokens, or its beginning: the first 15 characters of a secret, for example `aether_5f2b8c01`
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Option<TokenPrefix>,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// The arguments of `token show`.
#[derive(Debug, Clone, Args)]
pub struct ShowToken {
    /// The id of the token, or its public prefix, for example `aether_5f2b8c01`
    #[arg(value_name = "TOKEN_ID|PREFIX")]
    pub token: TokenSelector,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// The arguments of `token revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeToken {
    /// The id of the token, from `token list`; not its secret
    #[arg(value_name = "TOKEN_ID", value_parser = token_id)]
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
    #[arg(value_name = "ORGANIZATION_ID", value_parser = organization_id)]
    pub organization_id: Uuid,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}
