//! The commands on tokens.

use std::time::Duration;

use aether_client::ApiTokenStateFilter;
use aether_client::chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::values;
use crate::target::Target;

/// The commands on tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Create a token
    ///
    /// Prints the secret alone to standard output, and the rest to standard error: `TOKEN=$(aether token create deployer)`. With
    /// `--output json`, the object on standard output has the secret as `token`. The secret is shown once and cannot be read again.
    ///
    /// Required scope: api-tokens:write. The scopes and the expiry of the caller have to cover those of the token.
    Create(Create),
    /// List the tokens of the organization, oldest first
    ///
    /// Required scope: api-tokens:read.
    List(List),
    /// Show a token without its secret
    ///
    /// Required scope: api-tokens:read; none for `current`.
    Show(Show),
    /// Change the name, the scopes or the expiry of a token
    ///
    /// Scopes can only be narrowed, and the expiry can only become earlier, so both are confirmed at a terminal or with `--yes`.
    ///
    /// Required scope: api-tokens:write.
    Update(Update),
    /// Replace a token with a successor that has a secret of its own
    ///
    /// Prints the secret of the successor alone to standard output, and the rest to standard error. With `--output json`, the object on
    /// standard output has the secret as `token`. The predecessor stays active for the grace period. Without one it stops being
    /// accepted at once, which is confirmed at a terminal or with `--yes`.
    ///
    /// Required scope: api-tokens:write; none for `current`.
    Rotate(Rotate),
    /// Revoke a token
    ///
    /// The token is rejected as soon as the command ends. It is confirmed at a terminal or with `--yes`.
    ///
    /// Required scope: api-tokens:write; none for `current` without `--descendants`.
    Revoke(Revoke),
    /// Show the token that the commands use
    ///
    /// Required scope: none.
    Current,
    /// Show whether a token is active
    ///
    /// Reads the secret of the token from standard input, or asks for it at a terminal. Exits with 1 if it is not an active token of the
    /// caller's organization.
    ///
    /// Required scope: api-tokens:introspect.
    Introspect,
}

/// The arguments of `token create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name: 1 to 100 characters, which need not be unique
    pub(crate) name: String,
    /// A scope of the token; repeat it for more of them
    ///
    /// Without scopes, the token can only read, rotate and revoke itself.
    #[arg(long = "scope", short, value_parser = values::scope, value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// The expiry; by default that of the caller's token.
    #[command(flatten)]
    pub(crate) expiry: Expiry,
    /// The key by which the server recognizes a repeated command, which creates nothing a second time
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

/// The expiry of a token.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Expiry {
    /// The expiry, for example `2027-01-31T00:00:00Z`
    #[arg(long, value_parser = values::time, value_name = "TIME")]
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// The time until the expiry, for example 90d, 12h or 30m
    #[arg(long, value_parser = values::duration, value_name = "DURATION")]
    pub(crate) expires_in: Option<Duration>,
}

impl Expiry {
    /// The expiry, if one was given.
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        self.expires_at.or_else(|| self.expires_in.map(|duration| Utc::now() + duration))
    }
}

/// The arguments of `token list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// List the tokens in this state only
    #[arg(long, value_enum)]
    pub(crate) state: Option<State>,
    /// List the tokens with names that begin with this text only
    #[arg(long, value_name = "TEXT")]
    pub(crate) name_prefix: Option<String>,
}

/// A state of tokens.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Active,
    Expired,
    Revoked,
}

impl From<State> for ApiTokenStateFilter {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Expired => Self::Expired,
            State::Revoked => Self::Revoked,
        }
    }
}

/// The arguments of `token show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The token: an id, a prefix that no other token has (`aether_5f2b8c01`), or `current`
    pub(crate) token: Target,
}

/// The arguments of `token update`.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The token: an id, a prefix that no other token has (`aether_5f2b8c01`), or `current`
    pub(crate) token: Target,
    /// The new name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A scope that the token keeps; the others are removed. Repeat it for more of them
    ///
    /// Without this option and `--no-scopes`, the scopes stay unchanged.
    #[arg(long = "scope", short, value_parser = values::scope, value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Remove all scopes
    #[arg(long, conflicts_with = "scopes")]
    pub(crate) no_scopes: bool,
    /// The new expiry.
    #[command(flatten)]
    pub(crate) expiry: Expiry,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl Update {
    /// The new scopes, if they change.
    pub(crate) fn new_scopes(&self) -> Option<&[String]> {
        (self.no_scopes || !self.scopes.is_empty()).then_some(&self.scopes)
    }
}

/// The arguments of `token rotate`.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The token: an id, a prefix that no other token has (`aether_5f2b8c01`), or `current`
    pub(crate) token: Target,
    /// The time for which the predecessor stays active, for example 1h; at most 7d
    ///
    /// The default is none. For a token that rotates itself it is 5m, and the minimum is 1m.
    #[arg(long, value_parser = values::duration, value_name = "DURATION")]
    pub(crate) grace: Option<Duration>,
    /// The key by which the server recognizes a repeated command, which creates nothing a second time
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// The arguments of `token revoke`.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The token: an id, a prefix that no other token has (`aether_5f2b8c01`), or `current`
    pub(crate) token: Target,
    /// Revoke the tokens that the token created, directly or through others, too
    #[arg(long)]
    pub(crate) descendants: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
