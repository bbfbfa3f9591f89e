//! Points in time in milliseconds. Finer digits are truncated before any comparison.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// 9999-12-31T23:59:59.999Z, the latest time of RFC 3339.
const LAST: i64 = 253_402_300_799_999;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time of the system clock, which can step back. A clock outside the years 1970 to 9999 shows the nearest time.
    #[must_use]
    pub fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since_1970.as_millis()).unwrap_or(LAST).min(LAST))
    }

    /// The time `millis` milliseconds after 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time `seconds` later, or the latest time.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)).min(LAST))
    }

    /// Parses an RFC 3339 date and time. A time that its offset moves beyond the year 9999 becomes the latest time, because RFC 3339
    /// cannot represent it in UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Self(time.timestamp_millis().min(LAST)))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    /// A time outside chrono's range becomes the nearest in it. No RFC 3339 text has such a time.
    fn from(Timestamp(millis): Timestamp) -> Self {
        let limit = if millis < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_millis(millis).unwrap_or(limit)
    }
}
