//! The command line of `aether-conformance`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use reqwest::header::HeaderName;
use url::Url;

/// The conformance tests of the Aether contract over HTTP
///
/// They run against any deployment and any implementation. Every token that they create descends from one token, is
/// named by --prefix, expires after --lifetime, and is revoked at the end of the run and when it is interrupted. No other
/// token is changed. The audit log keeps the events of the run.
///
/// Exit status: 0 if a test passed and none failed, 1 if one failed, none ran, or a token was left, 2 if the run could not
/// begin, 130 if it was interrupted.
#[derive(Debug, Parser)]
#[command(name = "aether-conformance", version)]
pub struct Arguments {
    /// Parts of the names of the tests to run, for example `rotate` or `create::created_token_is_accepted`; all tests
    /// without one
    pub tests: Vec<String>,

    /// The URL of the deployment
    #[arg(long, env = "AETHER_URL", value_name = "URL", value_parser = base_url, required_unless_present = "list")]
    pub url: Option<Url>,

    /// A file with a token that has the scopes api-tokens:introspect, api-tokens:read, api-tokens:write,
    /// audit-events:read and conformance:*
    #[arg(long, env = "AETHER_TOKEN_FILE", value_name = "FILE", required_unless_present = "list")]
    pub token_file: Option<PathBuf>,

    /// A file with such a token of a second organization; without it, tests of the separation of organizations are skipped
    #[arg(long, value_name = "FILE")]
    pub other_token_file: Option<PathBuf>,

    /// The beginning of the names of the tokens that the tests create
    #[arg(long, default_value = "aether-conformance", value_name = "TEXT", value_parser = prefix)]
    pub prefix: String,

    /// The time after which the tokens of the run expire, if they cannot be revoked: 45m to 1d
    #[arg(long, default_value = "1h", value_name = "DURATION", value_parser = lifetime)]
    pub lifetime: Duration,

    /// The number of tests that run at once
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,

    /// The time limit of a request, in seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub timeout: u16,

    /// A file with the certificates of further authorities, in PEM
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// A header that a gateway adds to responses, and that the contract does not have; can be repeated
    #[arg(long, value_name = "NAME")]
    pub ignore_header: Vec<HeaderName>,

    /// Writes the report as the XML of JUnit
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Writes the report as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Lists the tests with their needs, and sends nothing
    #[arg(long)]
    pub list: bool,
}

impl Arguments {
    /// Whether a test was selected, by its name.
    #[must_use]
    pub fn selects(&self, name: &str) -> bool {
        self.tests.is_empty() || self.tests.iter().any(|part| name.contains(part))
    }
}

fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; expected a URL like https://api.example.com"))?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        "http" | "https" if is_plain && url.password().is_none() => Ok(url),
        _ => {
            Err("expected a URL like https://api.example.com, without user information, query and fragment".to_owned())
        }
    }
}

fn prefix(text: &str) -> Result<String, String> {
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let is_valid = (1..=32).contains(&text.len()) && text.chars().all(is_allowed);
    is_valid.then(|| text.to_owned()).ok_or_else(|| "expected 1 to 32 letters, digits, `-`, `_` or `.`".to_owned())
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).unwrap_or_default();
    let seconds = match (number.parse::<u64>(), unit) {
        (Ok(number), "m") => number.checked_mul(60),
        (Ok(number), "h") => number.checked_mul(3_600),
        (Ok(number), "d") => number.checked_mul(86_400),
        _ => None,
    };
    let allowed = seconds.filter(|seconds| (45 * 60..=86_400).contains(seconds)).map(Duration::from_secs);
    // A run begins a moment before its token is created.
    let allowed = allowed.map(|life| life + Duration::from_secs(30));
    allowed.ok_or_else(|| "expected 45m to 1d, in minutes (m), hours (h) or days (d)".to_owned())
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
    fn values_out_of_range_are_rejected() {
        for text in ["", "h", "5ä", "ä", "44m", "25h", "2d", "60", "1w", "99999999999999999999h", "-1h"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
        for text in ["45m", "1h", "24h", "1d"] {
            assert!(lifetime(text).is_ok(), "{text}");
        }
        for text in ["", "a b", "ä", "a%", &"x".repeat(33)] {
            assert!(prefix(text).is_err(), "{text}");
        }
        for text in ["", "localhost:8080", "ftp://x", "https://user:word@x", "https://x?a=b", "https://x#a"] {
            assert!(base_url(text).is_err(), "{text}");
        }
        assert!(base_url("https://example.com/aether/").is_ok());
    }
}
