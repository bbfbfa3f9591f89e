//! The origin of a change.

use std::net::IpAddr;

use uuid::Uuid;

use crate::tokens::TOKEN_PREFIX;

/// The maximum length of a stored `User-Agent`, in bytes.
const MAX_USER_AGENT: usize = 256;

const REDACTED: &str = "[redacted]";

/// The caller and its connection. Every field is `None` for a change by the operator or the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The id of the caller.
    pub actor: Option<Uuid>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`.
    pub user_agent: Option<UserAgent>,
    /// The id of the request.
    pub request_id: Option<Uuid>,
}

/// A `User-Agent`: at most 256 bytes, and without tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Converts the value of a header. Invalid UTF-8 is replaced.
    #[must_use]
    pub fn new(value: &[u8]) -> Self {
        let mut text = redact(&String::from_utf8_lossy(value));
        let fits = text.len().min(MAX_USER_AGENT);
        let end = (0..=fits).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Redacts every token in the text, truncated and mistyped ones included.
fn redact(text: &str) -> String {
    let mut parts = text.split(TOKEN_PREFIX);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        redacted += REDACTED;
        redacted += part.trim_start_matches(|character: char| character.is_ascii_hexdigit());
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agent_is_truncated_and_redacted() {
        let stored = |value: &[u8]| UserAgent::new(value).as_str().to_owned();
        assert_eq!(stored(b"curl/8.5.0"), "curl/8.5.0");
        assert_eq!(stored(&[b'a'; 300]).len(), 256);
        assert_eq!(stored("é".repeat(200).as_bytes()), "é".repeat(128));
        assert_eq!(stored(format!("a{}", "é".repeat(200)).as_bytes()).len(), 255, "no character is cut in two");
        assert_eq!(stored(b"\xff"), "\u{fffd}");
        assert_eq!(stored(b"x aether_0123456789abcdef y aether_ff"), "x [redacted] y [redacted]");
    }
}
