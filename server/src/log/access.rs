//! The lines of completed requests, in the formats of the other lines. They have no text of a client.

use std::io::Write;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use aether_api::runtime::TraceParent;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::config::LogFormat;

/// The target of the lines, by which a filter selects them.
pub(crate) const TARGET: &str = "aether::access";

/// A completed request.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) completed_at: SystemTime,
    pub(crate) id: Uuid,
    pub(crate) method: &'static str,
    pub(crate) operation: Option<&'static str>,
    pub(crate) route: Option<&'static str>,
    pub(crate) organization: Option<Uuid>,
    pub(crate) token: Option<Uuid>,
    pub(crate) status: u16,
    pub(crate) micros: u64,
    pub(crate) peer: IpAddr,
    pub(crate) trace: Option<TraceParent>,
}

/// A value of a field.
enum Value<'v> {
    /// A text of the program.
    Text(&'v str),
    /// A text that is in quotes in JSON only.
    Bare(&'v str),
    Number(u64),
}

/// The formatter of the lines.
#[derive(Debug)]
pub(super) struct Formatter {
    format: LogFormat,
    colours: bool,
    /// The last second, in seconds since 1970, and its text.
    second: (u64, String),
}

impl Formatter {
    /// A formatter with the colours of a terminal, or without.
    pub(super) fn new(format: LogFormat, colours: bool) -> Self {
        Self { format, colours, second: (u64::MAX, String::new()) }
    }

    /// Appends the line of a request.
    pub(super) fn append(&mut self, access: &Access, out: &mut Vec<u8>) {
        self.begin(access.completed_at, out);
        self.field("id", &Value::Text(uuid(access.id, &mut Uuid::encode_buffer())), out);
        self.field("method", &Value::Text(access.method), out);
        for (name, text) in [("operation", access.operation), ("route", access.route)] {
            if let Some(text) = text {
                self.field(name, &Value::Text(text), out);
            }
        }
        for (name, id) in [("org_id", access.organization), ("token_id", access.token)] {
            if let Some(id) = id {
                self.field(name, &Value::Bare(uuid(id, &mut Uuid::encode_buffer())), out);
            }
        }
        self.field("status", &Value::Number(access.status.into()), out);
        self.field("micros", &Value::Number(access.micros), out);
        self.field("peer", &Value::Bare(&access.peer.to_string()), out);
        if let Some(TraceParent { trace_id, parent_id }) = access.trace {
            self.field("trace_id", &Value::Bare(&trace_id.to_string()), out);
            self.field("parent_id", &Value::Bare(&parent_id.to_string()), out);
        }
        self.end(out);
    }

    fn begin(&mut self, time: SystemTime, out: &mut Vec<u8>) {
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.second.0 != since_1970.as_secs() {
            let time = DateTime::<Utc>::from(time);
            self.second = (since_1970.as_secs(), time.format("%Y-%m-%dT%H:%M:%S").to_string());
        }
        let (second, micros) = (&self.second.1, since_1970.subsec_micros());
        // A write to memory does not fail.
        let _ = match (self.format, self.colours) {
            (LogFormat::Json, _) => write!(out, r#"{{"timestamp":"{second}.{micros:06}Z","level":"INFO""#),
            (LogFormat::Text, false) => write!(out, "{second}.{micros:06}Z  INFO {TARGET}:"),
            (LogFormat::Text, true) => write!(
                out,
                "\x1b[2m{second}.{micros:06}Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2m{TARGET}\x1b[0m\x1b[2m:\x1b[0m"
            ),
        };
    }

    fn field(&self, name: &str, value: &Value<'_>, out: &mut Vec<u8>) {
        let is_json = self.format == LogFormat::Json;
        let _ = match (is_json, self.colours) {
            (true, _) => write!(out, r#","{name}":"#),
            (false, false) => write!(out, " {name}="),
            (false, true) => write!(out, " \x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m"),
        };
        let _ = match value {
            Value::Number(number) => write!(out, "{number}"),
            Value::Bare(text) if !is_json => out.write_all(text.as_bytes()),
            // These texts have no character to escape.
            Value::Text(text) | Value::Bare(text) => write!(out, "\"{text}\""),
        };
    }

    fn end(&self, out: &mut Vec<u8>) {
        let _ = match self.format {
            LogFormat::Json => writeln!(out, r#","target":"{TARGET}"}}"#),
            LogFormat::Text => writeln!(out),
        };
    }
}

fn uuid(id: Uuid, buffer: &mut [u8; 45]) -> &str {
    id.hyphenated().encode_lower(buffer)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aether_api::runtime::{ParentId, TraceId};

    use super::*;

    fn line(format: LogFormat, colours: bool, access: &Access) -> String {
        let mut out = Vec::new();
        Formatter::new(format, colours).append(access, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn line_has_the_fields_that_the_request_has() {
        let full = Access {
            completed_at: UNIX_EPOCH + Duration::from_micros(1_764_170_000_000_007),
            id: Uuid::from_u128(1),
            method: "GET",
            operation: Some("getThing"),
            route: Some("/things/{id}"),
            organization: Some(Uuid::from_u128(2)),
            token: None,
            status: 200,
            micros: 12,
            peer: [127, 0, 0, 1].into(),
            trace: Some(TraceParent { trace_id: TraceId(10), parent_id: ParentId(11) }),
        };
        let text = "2025-11-26T15:13:20.000007Z  INFO aether::access: id=\"00000000-0000-0000-0000-000000000001\" method=\"GET\" \
                    operation=\"getThing\" route=\"/things/{id}\" org_id=00000000-0000-0000-0000-000000000002 status=200 \
                    micros=12 peer=127.0.0.1 trace_id=0000000000000000000000000000000a parent_id=000000000000000b\n";
        assert_eq!(line(LogFormat::Text, false, &full), text);
        let coloured = line(LogFormat::Text, true, &full);
        let plain =
            ["\x1b[0m", "\x1b[2m", "\x1b[3m", "\x1b[32m"].iter().fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(plain, text);
        let bare = Access {
            operation: None,
            route: None,
            organization: None,
            peer: "::1".parse().unwrap(),
            trace: None,
            ..full
        };
        let json = "{\"timestamp\":\"2025-11-26T15:13:20.000007Z\",\"level\":\"INFO\",\
                    \"id\":\"00000000-0000-0000-0000-000000000001\",\"method\":\"GET\",\"status\":200,\"micros\":12,\
                    \"peer\":\"::1\",\"target\":\"aether::access\"}\n";
        assert_eq!(line(LogFormat::Json, false, &bare), json);
    }
}
