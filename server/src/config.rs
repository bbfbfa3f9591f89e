//! What the program can be told, by flags or by the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

#[derive(Debug, Subcommand)]
pub enum Command {
    Bootstrap(Bootstrap),
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "AETHER_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The database file, which is made where there is none
    #[arg(long, env = "AETHER_DATABASE", default_value = "aether.db", value_name = "PATH")]
    pub database: PathBuf,
    /// Where the first start writes the owner token of the organization that it makes
    #[arg(long, env = "AETHER_OWNER_TOKEN_FILE", default_value = "aether-owner.token", value_name = "PATH")]
    pub owner_token_file: PathBuf,
    /// How long what is in flight may take to finish when the server is told to stop, as in 10s or 500ms
    #[arg(long, env = "AETHER_SHUTDOWN_GRACE", default_value = "10s", value_name = "DURATION", value_parser = duration)]
    pub shutdown_grace: Duration,
    /// How long the body of a request may take to arrive
    #[arg(long, env = "AETHER_BODY_TIMEOUT", default_value = "30s", value_name = "DURATION", value_parser = duration)]
    pub body_timeout: Duration,
    /// How long a request waits for another program that is writing to the database
    #[arg(long, env = "AETHER_BUSY_TIMEOUT", default_value = "5s", value_name = "DURATION", value_parser = duration)]
    pub busy_timeout: Duration,
    #[command(flatten)]
    pub log: Log,
}

/// What to log, and how. Logs go to standard error.
#[derive(Debug, Clone, Args)]
pub struct Log {
    /// What to log: error, warn, info, debug or trace, also by module, as in `info,aether_server=debug`
    #[arg(long = "log-level", env = "AETHER_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub level: String,
    /// How to write it
    #[arg(long = "log-format", env = "AETHER_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Make an organization with its owner token, without serving
///
/// Prints one JSON object with `organization_id`, `token_id` and `token`. The token is shown this once and is written
/// nowhere. A server may be running on the same database.
#[derive(Debug, Clone, Args)]
pub struct Bootstrap {
    /// The database file, which is made where there is none
    #[arg(long, env = "AETHER_DATABASE", value_name = "PATH")]
    pub database: PathBuf,
    /// The name of the organization: 1 to 100 characters, and one that no other has
    #[arg(long, value_name = "NAME", value_parser = organization_name)]
    pub organization: String,
}

/// Reads `10s`, `500ms`, `2m`, or a number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "write a number and a unit, as in 10s, 500ms or 2m".to_owned())?;
    let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs).ok_or_else(|| "too long".to_owned());
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" | "" => seconds(Some(number)),
        "m" => seconds(number.checked_mul(60)),
        unit => Err(format!("the unit {unit:?} is not one of ms, s and m")),
    }
}

/// The rule that token names have too.
fn organization_name(name: &str) -> Result<String, String> {
    const MAX_LENGTH: usize = 100;
    if name.chars().any(char::is_control) {
        return Err("a name has no control characters".to_owned());
    }
    match name.chars().count() {
        _ if name.trim().is_empty() => Err("a name is not only white space".to_owned()),
        length if length > MAX_LENGTH => Err(format!("a name has at most {MAX_LENGTH} characters")),
        _ => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations_are_read_with_their_unit() {
        for (text, expected) in
            [("10s", Some(10_000)), ("10", Some(10_000)), ("500ms", Some(500)), ("2m", Some(120_000))]
        {
            assert_eq!(duration(text).ok().map(|it| it.as_millis()), expected, "{text}");
        }
        for text in ["", "s", "-1s", "1h", "1.5s", "99999999999999999999m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_organization_has_a_readable_name() {
        for (name, good) in [("acme", true), (" ", false), ("", false), ("a\nb", false), (&"x".repeat(101), false)] {
            assert_eq!(organization_name(name).is_ok(), good, "{name:?}");
        }
    }
}
