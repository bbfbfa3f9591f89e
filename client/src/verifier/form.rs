//! The form of a token: `aether_`, 64 hex digits, and the CRC-32 of everything before in 8 hex digits.

use sha2::{Digest, Sha256};

const PREFIX: &str = "aether_";
const RANDOM_DIGITS: usize = 64;
const CHECKSUM_DIGITS: usize = 8;

/// The SHA-256 of a well-formed token: it identifies the token in memory without the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a text, if the text is a well-formed token.
    pub(super) fn of(text: &str) -> Option<Self> {
        is_well_formed(text).then(|| Self(Sha256::digest(text).into()))
    }
}

fn is_well_formed(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == PREFIX.len() + RANDOM_DIGITS + CHECKSUM_DIGITS
        && text.strip_prefix(PREFIX).is_some_and(|digits| digits.bytes().all(is_digit))
        && {
            let (body, checksum) = text.split_at(PREFIX.len() + RANDOM_DIGITS);
            u32::from_str_radix(checksum, 16) == Ok(crc32fast::hash(body.as_bytes()))
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "aether_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef6cc5e124";

    #[test]
    fn only_the_exact_form_is_a_token() {
        assert!(is_well_formed(TOKEN));
        for at in 0..TOKEN.len() {
            for replacement in ["0", "f", "F", "g", "é", "", " "] {
                let changed = format!("{}{replacement}{}", &TOKEN[..at], &TOKEN[at + 1..]);
                assert_eq!(is_well_formed(&changed), changed == TOKEN, "{changed}");
            }
        }
        for text in ["", "aether_", "nonsense", &TOKEN.to_uppercase(), &format!("{TOKEN}0"), &format!(" {TOKEN}")] {
            assert!(!is_well_formed(text), "{text}");
        }
    }
}
