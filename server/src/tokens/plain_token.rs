//! The secret of a token, and its hash, which is stored in its place.
//!
//! The format is `aether_`, 64 hex digits (32 random bytes), and 8 hex digits: the CRC-32 of everything before. The checksum rejects a
//! mistyped or invented token without a hash or a database query.

use std::fmt;

use rand::TryRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The beginning of every token. It never changes, because secret scanners search for it.
pub const TOKEN_PREFIX: &str = "aether_";
const RANDOM_BYTES: usize = 32;
const CHECKSUM_DIGITS: usize = 8;
const LENGTH: usize = TOKEN_PREFIX.len() + 2 * RANDOM_BYTES + CHECKSUM_DIGITS;
/// The public part of the secret, to tell tokens apart: 32 of 256 bits.
const PUBLIC_DIGITS: usize = 8;

/// A well-formed raw token. It cannot be printed, and its memory is cleared when it is dropped.
#[derive(Clone)]
pub struct PlainToken(SecretString);

impl PlainToken {
    /// Generates a token.
    ///
    /// # Errors
    /// Fails if the random number generator fails.
    pub fn generate<R: TryRng>(random: &mut R) -> Result<Self, R::Error> {
        let mut bytes = [0; RANDOM_BYTES];
        random.try_fill_bytes(&mut bytes)?;
        let body = format!("{TOKEN_PREFIX}{}", hex::encode(bytes));
        let checksum = checksum(&body);
        Ok(Self(format!("{body}{checksum}").into()))
    }

    /// Parses a well-formed token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(TOKEN_PREFIX)?;
        let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != LENGTH || !digits.bytes().all(lower_hex) {
            return None;
        }
        let (body, given) = text.split_at(LENGTH - CHECKSUM_DIGITS);
        (checksum(body) == given).then(|| Self(text.into()))
    }

    /// The public prefix.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.expose()[..TOKEN_PREFIX.len() + PUBLIC_DIGITS]
    }

    /// The hash.
    #[must_use]
    pub fn hash(&self) -> HashedToken {
        HashedToken(Sha256::digest(self.expose()).into())
    }

    /// The secret, for the one response that contains it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken([redacted])")
    }
}

/// The SHA-256 of a token, which is stored in its place. 256 random bits need no slower hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HashedToken([u8; 32]);

impl HashedToken {
    /// The hash that is stored as these bytes.
    #[must_use]
    pub const fn of_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedToken([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;

    use super::*;

    #[test]
    fn generated_token_has_the_contracts_format() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let text = token.expose();
        assert_eq!(text.len(), 79);
        assert_eq!(token.prefix(), &text[..15]);
        assert_eq!(PlainToken::parse(text).unwrap().hash(), token.hash());
        // The contract's example.
        let example = concat!("aether_0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef6cc5e124");
        assert!(PlainToken::parse(example).is_some());
    }

    #[test]
    fn token_with_one_wrong_character_is_rejected() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let text = token.expose();
        for index in 0..text.len() {
            for replacement in "0123456789abcdefgA_ é".chars().filter(|it| !text[index..].starts_with(*it)) {
                let wrong = format!("{}{replacement}{}", &text[..index], &text[index + 1..]);
                assert!(PlainToken::parse(&wrong).is_none(), "at {index}: {replacement:?}");
            }
            assert!(PlainToken::parse(&text[..index]).is_none());
        }
        for wrong in [text.to_uppercase(), format!("{text}0"), format!(" {text}"), String::new()] {
            assert!(PlainToken::parse(&wrong).is_none());
        }
    }

    #[test]
    fn debug_output_has_no_secret() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let printed = format!("{token:?} {:?}", token.hash());
        assert_eq!(printed, "PlainToken([redacted]) HashedToken([redacted])");
    }
}
