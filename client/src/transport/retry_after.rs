//! The time before a retry that a response asks for.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// The duration in `Retry-After`, which is in seconds or a date.
///
/// A date is compared with the response's `Date`, because the clocks of the two machines can differ.
pub(crate) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = date(headers, &DATE).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_durations() {
        let retry_after = |value: &str, date: Option<&str>| {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            headers.extend(date.map(|date| (DATE, date.parse().unwrap())));
            of(&headers).map(|duration| duration.as_secs())
        };
        let date = Some("Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(retry_after("3", None), Some(3));
        assert_eq!(retry_after(" 3 ", date), Some(3));
        assert_eq!(retry_after("Thu, 01 Jan 2026 00:02:00 GMT", date), Some(120));
        assert_eq!(retry_after("Wed, 31 Dec 2025 00:00:00 GMT", date), Some(0));
        assert_eq!(retry_after("Wed, 31 Dec 2025 00:00:00 GMT", None), Some(0));
        assert_eq!(retry_after("soon", date), None);
        assert_eq!(retry_after("-1", date), None);
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
