//! The log: structured, on standard error, without query strings and tokens.
//!
//! Dropshot logs each request with its whole URI. This module receives its records: a completed request becomes a line of the access log with
//! the path alone, and every other record becomes a line of the log.

use std::fmt;
use std::io::{self, IsTerminal};

use slog::{Drain, KV, Key, Logger, Never, OwnedKVList, Record, o};
use tracing::{Level, debug, error, event, warn};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// The reason why the log could not be configured.
#[derive(Debug, thiserror::Error)]
#[error("invalid log level: {0}")]
pub struct LogError(#[from] tracing_subscriber::filter::ParseError);

/// Configures the log of the process. A second call has no effect.
///
/// # Errors
/// Fails if the level is invalid.
pub(crate) fn init(config: &Log) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse(&config.level)?)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Dropshot's logger.
pub(crate) fn dropshot() -> Logger {
    Logger::root(Bridge.fuse(), o!())
}

/// Converts dropshot's records to `tracing` events.
#[derive(Debug)]
struct Bridge;

impl Drain for Bridge {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, context: &OwnedKVList) -> Result<(), Never> {
        let mut fields = Fields::default();
        // A field that fails to serialize is not logged.
        let _ = context.serialize(record, &mut fields);
        let _ = record.kv().serialize(record, &mut fields);
        let message = fmt::format(*record.msg());
        if message == "request completed" {
            event!(
                target: "aether::access",
                Level::INFO,
                id = fields.request_id,
                method = fields.method,
                path = path(&fields.uri),
                status = number(&fields.status),
                micros = number(&fields.latency),
                peer = fields.peer,
            );
            return Ok(());
        }
        match record.level() {
            slog::Level::Critical | slog::Level::Error => {
                error!(id = fields.request_id, error = fields.error, "{message}");
            }
            slog::Level::Warning => warn!(id = fields.request_id, error = fields.error, "{message}"),
            _ => debug!(id = fields.request_id, peer = fields.peer, "{message}"),
        }
        Ok(())
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

/// The path of a URI, without query and authority.
fn path(uri: &str) -> &str {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    match path.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => path,
    }
}

/// The logged fields of a record.
#[derive(Debug, Default)]
struct Fields {
    request_id: String,
    method: String,
    uri: String,
    status: String,
    latency: String,
    peer: String,
    error: String,
}

impl slog::Serializer for Fields {
    fn emit_arguments(&mut self, key: Key, value: &fmt::Arguments<'_>) -> slog::Result {
        let field = match AsRef::<str>::as_ref(&key) {
            "req_id" => &mut self.request_id,
            "method" => &mut self.method,
            "uri" => &mut self.uri,
            "response_code" => &mut self.status,
            "latency_us" => &mut self.latency,
            "remote_addr" => &mut self.peer,
            "error" => &mut self.error,
            _ => return Ok(()),
        };
        *field = value.to_string();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logged_path_has_no_query_and_no_authority() {
        for (uri, expected) in [
            ("/a/b?token=secret", "/a/b"),
            ("/a/b#secret", "/a/b"),
            ("http://user:secret@host:1/a?b", "/a"),
            ("http://host", "/"),
            ("*", "*"),
        ] {
            assert_eq!(path(uri), expected);
        }
    }
}
