//! Token secrets: one that no server knows, the search for one, and its removal from texts.

use rand::RngExt;

const PREFIX: &str = "aether_";

/// The displayed prefix has eight digits. Some of the bytes after it may be hex digits by chance.
const MAX_DIGITS: usize = 16;

/// Returns a well-formed secret that no server knows.
#[must_use]
pub fn unknown_secret() -> String {
    let random: [u8; 32] = rand::rng().random();
    let body = random.iter().fold(PREFIX.to_owned(), |text, byte| format!("{text}{byte:02x}"));
    format!("{body}{:08x}", crc32fast::hash(body.as_bytes()))
}

/// Returns whether the bytes contain more of a secret than the displayed prefix.
#[must_use]
pub fn contains_secret(bytes: &[u8]) -> bool {
    bytes.windows(PREFIX.len()).enumerate().any(|(at, window)| {
        window.eq_ignore_ascii_case(PREFIX.as_bytes())
            && count(&bytes[at + PREFIX.len()..], |byte| byte.is_ascii_hexdigit()) > MAX_DIGITS
    })
}

/// The length of the beginning whose bytes are selected.
fn count(bytes: &[u8], selects: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| selects(**byte)).count()
}

/// Whether a byte can be one of a bearer token of RFC 6750.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

/// Replaces the end of each secret in a text, in any case, and whatever its characters are.
#[must_use]
pub fn redact(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let (mut redacted, mut from) = (String::with_capacity(text.len()), 0);
    while let Some(found) = lower[from..].find(PREFIX) {
        let begin = from + found + PREFIX.len();
        let end = begin + count(&text.as_bytes()[begin..], is_token_byte);
        redacted.push_str(&text[from..begin]);
        redacted.push_str(if end - begin > MAX_DIGITS { "[redacted]" } else { &text[begin..end] });
        from = end;
    }
    redacted + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_secret_is_detected_and_redacted() {
        let secret = unknown_secret();
        assert!(contains_secret(format!("x {secret}").as_bytes()) && contains_secret(&secret.as_bytes()[..30]));
        assert!(!contains_secret(&secret.as_bytes()[..15]) && !contains_secret(b"aether_") && !contains_secret(b""));
        assert_eq!(redact(&format!("a {secret}, b {secret}")), "a aether_[redacted], b aether_[redacted]");
        assert_eq!(redact("aether_5f2b8c01 ümlaut aether_"), "aether_5f2b8c01 ümlaut aether_");
        let upper = secret.to_uppercase();
        assert!(contains_secret(upper.as_bytes()));
        assert_eq!(redact(&format!("token={upper}&x")), "token=AETHER_[redacted]&x");
        assert_eq!(redact("aether_the.secret+of/another~form="), "aether_[redacted]");
    }
}
