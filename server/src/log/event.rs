//! The format of events: that of tracing-subscriber, and the request in whose course the event happens.

use std::fmt;

use aether_api::runtime::current_request;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::LogFormat;

/// A format with the request at the end.
#[derive(Debug)]
pub(super) struct WithRequest<F> {
    pub(super) events: F,
    pub(super) format: LogFormat,
}

impl<S, N, F> FormatEvent<S, N> for WithRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(request) = current_request() else { return self.events.format_event(context, out, event) };
        let mut line = String::new();
        self.events.format_event(context, Writer::new(&mut line), event)?;
        let line = line.trim_end();
        let (id, operation) = (request.id, request.operation);
        match self.format {
            LogFormat::Text => {
                write!(out, "{line} request_id={id} operation={operation:?}")?;
                request.trace.map_or(Ok(()), |trace| write!(out, " trace_id={}", trace.trace_id))?;
                writeln!(out)
            }
            LogFormat::Json => {
                let fields = line.strip_suffix('}').unwrap_or(line);
                write!(out, r#"{fields},"request_id":"{id}","operation":"{operation}""#)?;
                request.trace.map_or(Ok(()), |trace| write!(out, r#","trace_id":"{}""#, trace.trace_id))?;
                writeln!(out, "}}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing::error;
    use tracing_subscriber::fmt::format::{JsonFields, format};

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn event_without_a_request_is_as_in_tracing_subscriber() {
        let captured = Captured::default();
        let writer = captured.clone();
        let events = format().json().flatten_event(true);
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(WithRequest { events, format: LogFormat::Json })
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || error!(count = 7, "failed"));
        let line: Value = serde_json::from_slice(&captured.0.lock().unwrap()).unwrap();
        assert_eq!(
            (&line["message"], &line["count"], &line["request_id"]),
            (&"failed".into(), &7.into(), &Value::Null)
        );
    }
}
