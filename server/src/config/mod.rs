//! The command line, the environment variables and the configuration file.

mod audit;
mod backup;
mod database;
mod dev;
mod environment;
mod file;
mod listen;
mod misspelt;
mod organization;
mod restore;
mod secret;
mod selection;
mod serve;
mod setting;
mod token;
mod values;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::version;

pub use audit::{Audit, ExportAudit, VerifyAudit};
pub use backup::Backup;
pub use database::Database;
pub use dev::Dev;
pub use listen::ListenAddress;
pub(crate) use misspelt::misspelt_variables;
pub use organization::Organization;
pub use restore::Restore;
pub use selection::{OrganizationSelector, StateSelector, TokenPrefix, TokenSelector};
pub use serve::{Log, LogFormat, Serve};
pub use setting::Settings;
pub use token::{ListTokens, OwnerToken, RevokeToken, ShowToken, Token};
pub use values::{OrOff, Switch};

/// Issues and verifies API tokens
///
/// Without a command, the program serves the API. The first start creates an organization and writes its owner token to
/// a file.
#[derive(Debug, Parser)]
#[command(version = version::LONG.as_str(), about, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// The command; without one, the API is served.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The configuration file, in TOML: the long flags are its keys; flags and variables go before it
    ///
    /// For example `listen = ":8080"`, `trusted-proxy = ["10.0.0.0/8"]` or `max-tokens = 1000`. A relative path in the file is relative to
    /// the directory of the file. The commands read only `database` from it.
    #[arg(long, env = "AETHER_CONFIG", value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Check the configuration, without listening and without opening the database
    ///
    /// Resolves the addresses, reads the certificate and its key, and looks at the database, the record of an interrupted restore, and the
    /// directories of the database and of the owner token file, with the permissions of the user that runs the check. Prints one JSON
    /// object with `configuration`, which has the value and the source of each setting, and `certificate`. If a start would fail, prints
    /// every problem, and the exit status is 1. Warnings do not change the exit status.
    #[arg(long)]
    pub check_config: bool,
    /// The configuration of the server.
    #[command(flatten)]
    pub serve: Serve,
    /// The settings to check.
    #[arg(skip)]
    pub settings: Settings,
}

/// The commands. Those of the operator work on the database whether or not a server is running.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API on a temporary database, for development and for tests
    ///
    /// Creates an organization, and prints the lines `url: URL`, `docs: URL`, `organization: ID` and `token: TOKEN`, a
    /// command that exports `AETHER_URL` and `AETHER_TOKEN`, and `Listening on URL`. The token is the owner token.
    /// SIGTERM or SIGINT stops the server and removes the database. A server that is killed leaves it in the directory
    /// for temporary files, as `aether-dev-*`.
    ///
    /// A token has the form `aether_`, 64 hex digits in lower case, and the CRC-32 of all that as 8 hex digits. To have
    /// the same one in each run, keep a printed one.
    Dev(Dev),
    /// Create, list and rename organizations
    #[command(subcommand)]
    Organization(Organization),
    /// List, show and revoke tokens, and create owner tokens, without a credential
    #[command(subcommand)]
    Token(Token),
    /// Verify and export the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Copy the database of a running server
    ///
    /// The copy is one file with the present state, readable by its owner alone. Prints one JSON object with `backup`, `bytes`
    /// and `taken_at`. `aether-server restore` restores it.
    Backup(Backup),
    /// Replace the database of a stopped server with a backup
    ///
    /// Copies the backup, checks the copy with its audit log, and puts it in the place of the database. The old files are moved
    /// to a new directory next to it, `kept`. The backup is not changed.
    ///
    /// Tokens that ended after the backup would be active again. If the old database has any, nothing is restored: `revoked_since`
    /// lists them, and the exit status is 1. Then decide between --revoke-again and --reactivate. The same applies to an old
    /// database that cannot be read.
    ///
    /// Prints one JSON object with `restored`, `organizations`, `live_tokens`, `taken_at` (the time of the backup), `kept`,
    /// `revoked_since`, `revoked_again`, `rotated_since` (active tokens whose successors the backup does not have),
    /// `narrowed_since` (active tokens with more scopes or a later expiry than before) and `created_since` (the number of
    /// tokens that the backup does not have).
    Restore(Restore),
    /// Print a script that completes commands in a shell
    ///
    /// For example, with bash: `aether-server completions bash >
    /// ~/.local/share/bash-completion/completions/aether-server`.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    ///
    /// For example: `aether-server man ~/.local/share/man/man1`.
    Man {
        /// The directory of the pages, which has to exist
        directory: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_of_each_command_describes_its_result() {
        fn assert_described(command: &clap::Command) {
            let is_group = command.get_subcommands().next().is_some();
            assert!(is_group || command.get_long_about().is_some(), "{} has one line of help", command.get_name());
            command.get_subcommands().for_each(assert_described);
        }
        assert_described(&Arguments::command());
    }
}
