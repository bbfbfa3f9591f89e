//! A moment, in milliseconds of UTC. Everything finer is cut off before anything is compared.

use chrono::{DateTime, Utc};

/// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write.
const LAST: i64 = 253_402_300_799_999;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// What the system's clock says. It may step back.
    #[must_use]
    pub fn now() -> Self {
        Utc::now().into()
    }

    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment so many seconds later, or the last there is.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)).min(LAST))
    }

    /// Reads any RFC 3339 date and time. One that only an offset puts beyond the year 9999 is the last moment of it,
    /// because RFC 3339 could not write it in UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|moment| Self(moment.timestamp_millis().min(LAST)))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp_millis())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    /// A moment outside of what chrono can say, which no RFC 3339 text is, becomes the nearest it can.
    fn from(Timestamp(millis): Timestamp) -> Self {
        let limit = if millis < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_millis(millis).unwrap_or(limit)
    }
}
