//! Expiries in requests.

use super::{Violation, ViolationCode};
use crate::timestamp::Timestamp;

pub(super) const IN_PAST: Violation = Violation { code: ViolationCode::InPast, message: "Must be in the future." };

/// Parses an expiry in the future.
///
/// # Errors
/// `invalid_format` if the text is not RFC 3339, `in_past` if it is not after `now`.
pub fn parse_future_expiry(text: &str, now: Timestamp) -> Result<Timestamp, Violation> {
    match Timestamp::parse(text) {
        None => Err(Violation { code: ViolationCode::InvalidFormat, message: "Must be an RFC 3339 date and time." }),
        Some(expiry) if expiry <= now => Err(IN_PAST),
        Some(expiry) => Ok(expiry),
    }
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
