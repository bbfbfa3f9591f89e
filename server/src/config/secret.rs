//! Secrets that a person pastes where none belongs.

use std::ffi::OsStr;
use std::fmt;

use crate::tokens::TOKEN_PREFIX;

/// The number of digits that are public.
const PUBLIC_DIGITS: usize = 8;

/// A found secret, by its public prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    prefix: String,
}

/// Finds the secret of a token, or a part of it that is longer than its public prefix.
pub(super) fn secret_in(text: &str) -> Option<Found> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(TOKEN_PREFIX).find_map(|(at, prefix)| {
        let end = at + prefix.len() + PUBLIC_DIGITS;
        let digits = lower.get(at + prefix.len()..=end)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| Found { prefix: lower[at..end].to_owned() })
    })
}

/// As [`secret_in`], for an argument or a variable.
pub(super) fn secret_in_os(text: &OsStr) -> Option<Found> {
    secret_in(&text.to_string_lossy())
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix } = self;
        write!(
            f,
            "the secret of a token; revoke the token by its id, which is in the output of `aether-server token list --prefix {prefix}`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_found_by_more_digits_than_are_public() {
        for (text, prefix) in [
            ("aether_0123456789", Some("aether_01234567")),
            ("--name=x aether_0123456789abcdef y", Some("aether_01234567")),
            ("AETHER_0123456789ABCDEF", Some("aether_01234567")),
            ("aether_01 aether_aether_0123456789", Some("aether_01234567")),
            ("aether_01234567", None),
            ("aether_01234567xyz", None),
            ("aether_dev.db", None),
            ("aether_0123456é", None),
            ("", None),
        ] {
            assert_eq!(secret_in(text).map(|found| found.prefix).as_deref(), prefix, "{text}");
        }
    }
}
