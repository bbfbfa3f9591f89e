//! The secret itself, and the hash that stands for it wherever it is kept.
//!
//! `aether_` + 64 hex digits (32 random bytes) + 8 hex digits: the CRC-32 of all before it. The checksum lets a mistyped
//! or made-up token be refused before any hash or database.

use std::fmt;

use rand::TryRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const PREFIX: &str = "aether_";
const RANDOM_BYTES: usize = 32;
const CHECKSUM_DIGITS: usize = 8;
const LENGTH: usize = PREFIX.len() + 2 * RANDOM_BYTES + CHECKSUM_DIGITS;
/// How much of the secret may be shown to tell tokens apart: 32 of 256 bits.
const SHOWN_DIGITS: usize = 8;

/// A raw token, well-formed. It cannot be printed, and it is wiped when it is dropped.
#[derive(Clone)]
pub struct PlainToken(SecretString);

impl PlainToken {
    /// Makes a token of the generator's randomness.
    ///
    /// # Errors
    /// Where the generator fails, as the operating system's can.
    pub fn generate<R: TryRng>(random: &mut R) -> Result<Self, R::Error> {
        let mut bytes = [0; RANDOM_BYTES];
        random.try_fill_bytes(&mut bytes)?;
        let body = format!("{PREFIX}{}", hex::encode(bytes));
        let checksum = checksum(&body);
        Ok(Self(format!("{body}{checksum}").into()))
    }

    /// Reads a token, or refuses what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != LENGTH || !digits.bytes().all(lower_hex) {
            return None;
        }
        let (body, given) = text.split_at(LENGTH - CHECKSUM_DIGITS);
        (checksum(body) == given).then(|| Self(text.into()))
    }

    /// What may be shown of the token.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.expose()[..PREFIX.len() + SHOWN_DIGITS]
    }

    #[must_use]
    pub fn hash(&self) -> HashedToken {
        HashedToken(Sha256::digest(self.expose()).into())
    }

    /// The secret, for the one answer that carries it.
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

/// The SHA-256 of a token, which is all that is stored of it. 256 random bits need no slower hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashedToken([u8; 32]);

impl HashedToken {
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
    fn a_token_is_made_of_what_the_contract_says() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let text = token.expose();
        assert_eq!(text.len(), 79);
        assert_eq!(token.prefix(), &text[..15]);
        assert_eq!(PlainToken::parse(text).unwrap().hash(), token.hash());
        // The contract's own example.
        let example = concat!("aether_0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef6cc5e124");
        assert!(PlainToken::parse(example).is_some());
    }

    #[test]
    fn every_single_mistake_is_refused() {
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
    fn nothing_prints_a_secret() {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let printed = format!("{token:?} {:?}", token.hash());
        assert_eq!(printed, "PlainToken([redacted]) HashedToken([redacted])");
    }
}
