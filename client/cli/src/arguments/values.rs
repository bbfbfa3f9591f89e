//! Parsers of argument values.

use std::time::Duration;

use aether_client::chrono::{DateTime, Utc};
use aether_client::generated::types::ApiTokenCreateScopesItem;

/// Ten thousand years, which every time and every delay of the program can represent.
const MAX: Duration = Duration::from_secs(10_000 * 366 * 24 * 60 * 60);

/// Parses `90d`, `12h`, `30m` or `1h 30m`. A number needs a unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "must be a number with a unit (s, m, h, d), for example 90d, 12h or 1h 30m".to_owned())?;
    if duration > MAX { Err("must be at most 10000 years".to_owned()) } else { Ok(duration) }
}

/// Parses the time between two requests. A shorter one would use up the rate limit.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        short if short < Duration::from_millis(100) => Err("must be at least 100ms".to_owned()),
        interval => Ok(interval),
    }
}

/// Parses a time.
pub(super) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    time.map_err(|_| "must be a time of RFC 3339 with a time zone, for example 2027-01-31T00:00:00Z".to_owned())
}

/// Parses a scope by the rule of the contract, with a message that has no pattern.
pub(super) fn scope(text: &str) -> Result<String, String> {
    match text.parse::<ApiTokenCreateScopesItem>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be 1 to 64 visible ASCII characters without `\"`, `\\`, `&`, `,` and `;`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_has_a_number_and_a_unit() {
        assert_eq!(duration("90d"), Ok(Duration::from_secs(90 * 24 * 60 * 60)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(90 * 60)));
        for text in ["", "90", "d", "-1d", "1 fortnight", "99999999999y"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(Utc::now().checked_add_signed(aether_client::chrono::TimeDelta::from_std(MAX).unwrap()).is_some());
    }

    #[test]
    fn interval_is_not_too_short() {
        assert_eq!(interval("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(interval("0s"), Err("must be at least 100ms".to_owned()));
    }

    #[test]
    fn time_needs_a_time_zone() {
        assert_eq!(time("2027-01-31T01:00:00+01:00"), Ok("2027-01-31T00:00:00Z".parse().unwrap()));
        for text in ["2027-01-31", "2027-01-31T00:00:00", "tomorrow"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn scope_has_the_characters_of_the_contract() {
        for text in ["*", "deploy:*", "a'b", &"x".repeat(64)] {
            assert_eq!(scope(text), Ok(text.to_owned()));
        }
        for text in ["", "a b", "a,b", "a\"", "a\\", "\u{fc}", &"x".repeat(65)] {
            assert!(scope(text).unwrap_err().starts_with("must be 1 to 64"), "{text}");
        }
    }
}
