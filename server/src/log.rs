//! The log: structured, on standard error.

use std::io::{self, IsTerminal};

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
