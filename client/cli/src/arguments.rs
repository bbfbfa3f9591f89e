//! The command line.

mod token;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use token::{Create, List, Revoke, Rotate, Token, Update};

/// The settings in the environment, for the long help and the manual.
pub(crate) const ENVIRONMENT: &str = "\
AETHER_URL        the URL of the server, used with one of the next two
AETHER_TOKEN      the token
AETHER_TOKEN_FILE the name of a file with the token
AETHER_PROFILE    the profile, if none of the others is set; by default the
                  profile default
NO_COLOR          any value switches colours off

--profile comes before all of them.";

/// The exit statuses, for the long help and the manual.
pub(crate) const EXIT_STATUSES: &str = "\
0    success
1    a negative result: a scope that is not covered, a token that is not
     active, a question that was not confirmed
2    arguments or settings that cannot be used
3    not authenticated (401): run `aether login`
4    not allowed (403)
5    not found (404)
6    a conflict with the token's state, a limit or another request (409)
7    an invalid request (422)
8    unavailable: no connection, no response, a rate limit, or a server
     that failed; the same command can succeed later
9    any other failure
130  Ctrl-C";

/// The part of the long help after the options.
fn after_help() -> String {
    let indent =
        |text: &str| text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect::<String>();
    format!("Environment:\n{}\nExit statuses:\n{}", indent(ENVIRONMENT), indent(EXIT_STATUSES))
}

/// Manages the API tokens of an organization
///
/// A secret is never an argument, because other users of the machine can see arguments. Commands read secrets from standard input, or
/// ask for them at a terminal.
#[derive(Debug, Parser)]
#[command(name = "aether", version, about, after_long_help = after_help(), max_term_width = 100)]
pub(crate) struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The settings of every command.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// The settings of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Use this profile instead of the environment
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The form of the output
    ///
    /// `json` is one JSON object a line: one for a command on one token, and one for each item of a list, as soon as its page is read.
    /// The objects are those of the API, without absent members.
    #[arg(long, short, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Format,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    #[default]
    Text,
    /// JSON lines for programs
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Save a server and a token as a profile
    ///
    /// Reads the token from standard input, or asks for it at a terminal. The server has to accept the token before it is saved. The
    /// file of the profiles is readable by its owner only.
    Login(Login),
    /// Remove a profile
    ///
    /// The token stays active. To revoke it, run `aether token revoke current` before.
    Logout,
    /// Create, list, update, rotate and revoke tokens
    #[command(subcommand)]
    Token(Token),
    /// Read the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Compare scopes
    #[command(subcommand)]
    Scope(Scope),
    /// Print a script that completes commands in a shell
    ///
    /// For example, with bash: `aether completions bash > ~/.local/share/bash-completion/completions/aether`.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    ///
    /// For example: `aether man ~/.local/share/man/man1`.
    Man {
        /// The directory of the pages, which has to exist
        directory: PathBuf,
    },
}

/// The arguments of `login`.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The URL of the server, for example `https://aether.example.com`; by default that of the profile
    pub(crate) url: Option<String>,
}

/// The commands on the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the audit events, oldest first
    ///
    /// Required scope: audit-events:read.
    List(AuditList),
}

/// The arguments of `audit list`.
#[derive(Debug, Args)]
pub(crate) struct AuditList {
    /// Print new events as they come, until Ctrl-C
    ///
    /// A connection that breaks is tried again without end.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// The time between two requests for new events, for example 5s
    #[arg(long, value_parser = values::interval, default_value = "1s", requires = "follow", value_name = "DURATION")]
    pub(crate) interval: Duration,
}

/// The commands on scopes.
#[derive(Debug, Subcommand)]
pub(crate) enum Scope {
    /// Compare the scope of a token with a required scope
    ///
    /// Exits with 0 if the first covers the second, and with 1 if it does not. Nothing is sent. `*` covers every scope, `a:*` covers every scope that begins
    /// with `a:`, and any other scope covers itself.
    Covers {
        /// The scope of a token, for example `deploy:*`
        #[arg(value_parser = values::scope)]
        granted: String,
        /// The required scope, for example `deploy:production`
        #[arg(value_parser = values::scope)]
        required: String,
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
