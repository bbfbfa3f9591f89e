//! Times for people. Each is in UTC.

use aether_client::chrono::{DateTime, TimeDelta, Utc};

/// The units of a duration, in seconds.
const UNITS: [(i64, &str); 5] =
    [(365 * 24 * 60 * 60, "year"), (24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute"), (1, "second")];

/// A time in a table.
pub(super) fn short(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time with its distance from now.
pub(super) fn long(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} UTC ({})", short(time), relative(time, now))
}

/// The distance of a time from now in its greatest unit: `in 3 days`, `2 minutes ago`.
pub(super) fn relative(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let distance = time - now;
    if distance.num_seconds() == 0 {
        "now".to_owned()
    } else if distance > TimeDelta::zero() {
        format!("in {}", duration(distance.num_seconds()))
    } else {
        format!("{} ago", duration(-distance.num_seconds()))
    }
}

/// A number of seconds in its greatest unit, rounded: 90 days less a moment are 90 days.
fn duration(seconds: i64) -> String {
    let (size, unit) = UNITS.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    match (seconds + size / 2) / size {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_has_one_unit() {
        let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
        for (seconds, expected) in [
            (0, "now"),
            (1, "in 1 second"),
            (-1, "1 second ago"),
            (59, "in 59 seconds"),
            (-60, "1 minute ago"),
            (3 * 60 * 60 + 59, "in 3 hours"),
            (90 * 86_400 - 1, "in 90 days"),
            (-119, "2 minutes ago"),
            (-86_400, "1 day ago"),
            (90 * 86_400, "in 90 days"),
            (800 * 86_400, "in 2 years"),
        ] {
            assert_eq!(relative(now + TimeDelta::seconds(seconds), now), expected);
        }
        assert_eq!(long(now - TimeDelta::seconds(80), now), "2026-11-26 11:58:40 UTC (1 minute ago)");
    }
}
