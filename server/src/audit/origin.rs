//! Where a change comes from.

use std::net::IpAddr;

use uuid::Uuid;

/// How much of what a client says of itself is kept, in bytes.
const MAX_USER_AGENT: usize = 256;

/// What a token begins with, and how long it is: what looks like one is not kept, wherever it stands.
const TOKEN_PREFIX: &str = "aether_";
const REDACTED: &str = "[redacted]";

/// Who asked, and from where. All of it is absent where the operator or the server itself did it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The token that asked.
    pub actor: Option<Uuid>,
    pub address: Option<IpAddr>,
    pub user_agent: Option<UserAgent>,
    pub request_id: Option<String>,
}

/// What a client says it is: at most 256 bytes, and without anything that looks like a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Reads the value of a header. Bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn new(value: &[u8]) -> Self {
        let mut text = redact(&String::from_utf8_lossy(value));
        let fits = text.len().min(MAX_USER_AGENT);
        let end = (0..=fits).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text with every token in it blotted out, cut-off and mistyped ones too.
fn redact(text: &str) -> String {
    let mut parts = text.split(TOKEN_PREFIX);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += REDACTED;
        kept += part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_cut_off_and_holds_no_token() {
        let kept = |value: &[u8]| UserAgent::new(value).as_str().to_owned();
        assert_eq!(kept(b"curl/8.5.0"), "curl/8.5.0");
        assert_eq!(kept(&[b'a'; 300]).len(), 256);
        assert_eq!(kept("é".repeat(200).as_bytes()), "é".repeat(128));
        assert_eq!(kept(format!("a{}", "é".repeat(200)).as_bytes()).len(), 255, "no character is cut in two");
        assert_eq!(kept(b"\xff"), "\u{fffd}");
        assert_eq!(kept(b"x aether_0123456789abcdef y aether_ff"), "x [redacted] y [redacted]");
    }
}
