//! The form of lines: bounded, and without secrets.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::config::LogFormat;
use crate::timestamp::Timestamp;
use crate::tokens::TOKEN_PREFIX;

/// The maximum length of a line, in bytes.
pub(super) const MAX_LINE: usize = 4096;

/// The number of hex digits of a token that are public.
const PUBLIC_DIGITS: usize = 8;

const REDACTED: &[u8] = b"[redacted]";

/// The line to write in place of one that is too long: its beginning, or in JSON a line that tells its length.
pub(super) fn bounded(line: &[u8], format: LogFormat) -> Option<Vec<u8>> {
    if line.len() <= MAX_LINE {
        return None;
    }
    Some(match format {
        LogFormat::Text => {
            let text = String::from_utf8_lossy(&line[..MAX_LINE - 4]);
            format!("{}...\n", text.trim_end_matches(char::REPLACEMENT_CHARACTER)).into_bytes()
        }
        LogFormat::Json => notice(format, "a log line was too long", "bytes", line.len() as u64),
    })
}

/// A warning of the log itself.
pub(super) fn notice(format: LogFormat, message: &str, field: &str, value: u64) -> Vec<u8> {
    let now = DateTime::<Utc>::from(Timestamp::now()).to_rfc3339_opts(SecondsFormat::Millis, true);
    let target = module_path!();
    let line = match format {
        LogFormat::Text => format!("{now}  WARN {target}: {message} {field}={value}"),
        LogFormat::Json => {
            json!({"timestamp": now, "level": "WARN", "message": message, field: value, "target": target}).to_string()
        }
    };
    (line + "\n").into_bytes()
}

/// Redacts every token in a line, and keeps it one line.
pub(super) fn cleaned(line: &[u8]) -> Vec<u8> {
    let (text, end) = line.strip_suffix(b"\n").map_or((line, &b""[..]), |text| (text, b"\n"));
    let mut cleaned = Vec::with_capacity(line.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(hex) = rest.strip_prefix(TOKEN_PREFIX.as_bytes()) {
            let digits = hex.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            if digits > PUBLIC_DIGITS {
                cleaned.extend_from_slice(REDACTED);
                rest = &hex[digits..];
                continue;
            }
        }
        cleaned.push(if matches!(first, b'\n' | b'\r') { b' ' } else { first });
        rest = after;
    }
    cleaned.extend_from_slice(end);
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_line_breaks_are_removed() {
        for (line, expected) in [
            ("plain\n", "plain\n"),
            ("aether_server: x aether_01234567 \n", "aether_server: x aether_01234567 \n"),
            ("a aether_0123456789abcdef, b\n", "a [redacted], b\n"),
            ("aether_aether_0123456789\n", "aether_[redacted]\n"),
            ("a\nb\r\nc\n", "a b  c\n"),
            ("no end aether_012345678", "no end [redacted]"),
        ] {
            assert_eq!(String::from_utf8(cleaned(line.as_bytes())).unwrap(), expected);
        }
    }

    #[test]
    fn long_line_is_cut_or_replaced() {
        let long = format!("{}ä{}\n", "x".repeat(MAX_LINE - 5), "y".repeat(100));
        assert_eq!(bounded(&long.as_bytes()[..MAX_LINE], LogFormat::Text), None);
        let cut = String::from_utf8(bounded(long.as_bytes(), LogFormat::Text).unwrap()).unwrap();
        assert_eq!(cut, format!("{}...\n", "x".repeat(MAX_LINE - 5)));
        let replaced = bounded(long.as_bytes(), LogFormat::Json).unwrap();
        let line: serde_json::Value = serde_json::from_slice(&replaced).unwrap();
        assert_eq!((line["bytes"].as_u64(), line["level"].as_str()), (Some(long.len() as u64), Some("WARN")));
    }
}
