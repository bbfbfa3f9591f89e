//! What the program can be told, by flags or by the environment.

mod operate;
mod serve;
mod values;

use clap::{Parser, Subcommand};

pub use operate::{Audit, Backup, Database, Organization, OwnerToken, RevokeToken, Token};
pub use serve::{Log, LogFormat, Serve};
pub use values::OrOff;

/// Issues and checks API tokens.
///
/// Without a command, it serves the API. The first start makes an organization and writes its owner token to a file.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: Serve,
}

/// What can be done on the machine of the database, whether or not a server runs on it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make and list organizations
    #[command(subcommand)]
    Organization(Organization),
    /// Revoke a token, or make a new owner token, without any token in hand
    #[command(subcommand)]
    Token(Token),
    /// Look after the audit log
    #[command(subcommand)]
    Audit(Audit),
    Backup(Backup),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
