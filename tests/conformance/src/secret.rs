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
    (0..bytes.len().saturating_sub(PREFIX.len()))
        .any(|at| bytes[at..].starts_with(PREFIX.as_bytes()) && digits(&bytes[at + PREFIX.len()..]) > MAX_DIGITS)
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
}

/// Replaces the digits of each secret in a text.
#[must_use]
pub fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, after) = rest.split_at(at + PREFIX.len());
        redacted.push_str(before);
        let digits = digits(after.as_bytes());
        redacted.push_str(if digits > MAX_DIGITS { "[redacted]" } else { &after[..digits] });
        rest = &after[digits..];
    }
    redacted + rest
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
    }
}
