//! The command line and the environment variables.

mod admin;
mod serve;
mod values;

use clap::{Parser, Subcommand};

pub use admin::{Audit, Backup, Database, Organization, OwnerToken, RevokeToken, Token};
pub use serve::{Log, LogFormat, Serve};
pub use values::OrOff;

/// Issues and verifies API tokens
///
/// Without a command, the program serves the API. The first start creates an organization and writes its owner token to a file.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// The command; without one, the API is served.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The configuration of the server.
    #[command(flatten)]
    pub serve: Serve,
}

/// The operator's commands, which work on the database whether or not a server is running.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create and list organizations
    #[command(subcommand)]
    Organization(Organization),
    /// Revoke a token, or create an owner token, without a credential
    #[command(subcommand)]
    Token(Token),
    /// Verify the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Copy the database of a running server
    Backup(Backup),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
