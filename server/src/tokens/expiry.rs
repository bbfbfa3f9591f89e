//! Expiries in requests.

use super::{Violation, ViolationCode};
use crate::timestamp::Timestamp;

/// Parses an expiry in the future.
///
/// # Errors
/// `invalid_format` if the text is not RFC 3339, `in_past` if it is not after `now`.
pub fn parse_future_expiry(text: &str, now: Timestamp) -> Result<Timestamp, Violation> {
    let expiry = parse_expiry(text)?;
    require_future(expiry, now).map(|()| expiry)
}

pub(super) fn parse_expiry(text: &str) -> Result<Timestamp, Violation> {
    let invalid = Violation { code: ViolationCode::InvalidFormat, message: "Must be an RFC 3339 date and time." };
    Timestamp::parse(text).ok_or(invalid)
}

/// The rule for an expiry at the time of a change: time has passed since the request was parsed.
///
/// # Errors
/// `in_past` if the expiry is not after `now`.
pub(super) fn require_future(expiry: Timestamp, now: Timestamp) -> Result<(), Violation> {
    let in_past = Violation { code: ViolationCode::InPast, message: "Must be in the future." };
    if expiry > now { Ok(()) } else { Err(in_past) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::testing::NOW;

    #[test]
    fn expiry_has_to_be_in_the_future() {
        for (text, expected) in
            [("2001-01-01T00:00:00Z", ViolationCode::InPast), ("soon", ViolationCode::InvalidFormat)]
        {
            assert_eq!(parse_future_expiry(text, NOW).unwrap_err().code, expected);
        }
    }
}
