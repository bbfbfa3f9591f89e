//! The removal of secrets from the texts of other programs: a gateway can repeat a request in its error.

/// The beginning of every token.
const PREFIX: &str = "aether_";
/// The digits that identify a token to people. The others are secret.
const PUBLIC_DIGITS: usize = 8;

/// The maximum length of a text in characters.
const MAX_LENGTH: usize = 2000;

/// Replaces the secret part of each token in a text, and control characters, which could forge lines of a log. The text is
/// shortened if it is very long.
pub(crate) fn redact(text: &str) -> String {
    let without_secrets = without_secrets(text);
    let printable = |character: char| if character.is_control() { ' ' } else { character };
    without_secrets.chars().take(MAX_LENGTH).map(printable).collect()
}

fn without_secrets(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, token) = rest.split_at(at + PREFIX.len());
        redacted.push_str(before);
        let digits = token.bytes().take_while(u8::is_ascii_alphanumeric).count();
        rest = token;
        if digits > PUBLIC_DIGITS {
            redacted.push_str(&token[..PUBLIC_DIGITS]);
            redacted.push('…');
            rest = &token[digits..];
        }
    }
    redacted.push_str(rest);
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_digits_of_each_token_are_removed() {
        for (text, expected) in [
            ("", ""),
            ("aether_", "aether_"),
            ("aether_01234567 is a prefix", "aether_01234567 is a prefix"),
            ("a aether_0123456789abcdef, aether_fedcba9876543210.", "a aether_01234567…, aether_fedcba98…."),
            ("aether_aether_0123456789", "aether_aether_01234567…"),
            ("aether_0123456é789", "aether_0123456é789"),
            ("a\r\nb\u{1b}[31m", "a  b [31m"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }
}
