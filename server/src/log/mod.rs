//! The log: structured, on standard error, by a thread of its own.
//!
//! No request waits for the reader of the log or fails with it. An event becomes a bounded line, which waits in a bounded [`queue`]; if it
//! is full, the line is dropped. A thread [writes](sink) the lines, and counts the dropped ones. It also formats the lines of completed
//! [requests](access), because that takes longer than many requests do.

mod access;
mod event;
mod filter;
mod format;
mod panics;
mod queue;
mod sink;

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;

use crate::config::{Log, LogFormat};
use event::WithRequest;
use queue::{Line, Queue};
use sink::Sink;

pub(crate) use access::{Access, TARGET as ACCESS};
pub(crate) use filter::validate;

/// The time in which the last lines have to be written when the process ends.
const FLUSH: Duration = Duration::from_secs(1);

/// The queue of the process, once its thread runs.
static QUEUE: OnceLock<Queue> = OnceLock::new();

/// Writes the remaining lines when it is dropped, for as long as the end of the process may wait.
#[derive(Debug)]
pub(crate) struct Flush(());

/// Configures the log of the process. A second call has no effect.
pub(crate) fn init(config: &Log) -> Flush {
    let (queue, colours) = (Queue::default(), io::stderr().is_terminal());
    let (events, format) = (tracing_subscriber::fmt::format().with_ansi(colours), config.format);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter::filter(&config.level))
        .with_ansi(colours)
        // By default, tracing-subscriber prints its own errors, and panics if that fails.
        .log_internal_errors(false)
        .with_writer(Lines { queue: queue.clone(), format: config.format });
    let initialized = match config.format {
        LogFormat::Text => subscriber.event_format(WithRequest { events, format }).try_init(),
        LogFormat::Json => {
            let events = events.json().flatten_event(true);
            subscriber.fmt_fields(JsonFields::new()).event_format(WithRequest { events, format }).try_init()
        }
    };
    if initialized.is_ok() && QUEUE.set(queue.clone()).is_ok() {
        let sink = Sink::new(io::stderr(), config.format, colours, queue);
        // Without a thread, the queue fills and its lines are dropped.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(|| sink.run());
        panics::log();
    }
    Flush(())
}

/// Logs a completed request.
pub(crate) fn log_access(access: Access) {
    if let Some(queue) = QUEUE.get() {
        queue.push(Line::Access(access));
    }
}

/// The number of lines that were dropped or could not be written.
pub(crate) fn dropped_lines() -> u64 {
    QUEUE.get().map_or(0, Queue::lost)
}

impl Drop for Flush {
    fn drop(&mut self) {
        if let Some(queue) = QUEUE.get() {
            queue.flush(FLUSH);
        }
    }
}

/// The way of lines into the queue.
#[derive(Debug, Clone)]
struct Lines {
    queue: Queue,
    format: LogFormat,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Lines {
    /// Queues a line. The subscriber writes each with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let bounded = format::bounded(line, self.format).unwrap_or_else(|| line.to_owned());
        self.queue.push(Line::Text(bounded));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
