//! The log: structured, on standard error, by a thread of its own.
//!
//! No request waits for the reader of the log or fails with it. An event becomes a bounded line, which waits in a bounded queue; if the
//! queue is full, the line is dropped. A thread [writes](sink) the lines, and counts the dropped ones.

mod filter;
mod format;
mod panics;
mod sink;

use std::io::{self, IsTerminal, Write};
use std::mem;
use std::sync::OnceLock;
use std::time::Duration;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Log, LogFormat};
use sink::{Progress, Sink};

pub(crate) use filter::validate;

/// The number of lines that wait for the writing thread. With [`format::MAX_LINE`] it bounds their memory to 64 MiB; usual lines take a
/// twentieth of it.
const QUEUE: usize = 16 * 1024;

/// The time in which the last lines have to be written when the process ends.
const FLUSH: Duration = Duration::from_secs(1);

/// The progress of the writing thread, once it runs.
static PROGRESS: OnceLock<Progress> = OnceLock::new();

/// Writes the remaining lines when it is dropped, for as long as the end of the process may wait.
#[derive(Debug)]
pub(crate) struct Flush(());

/// Configures the log of the process. A second call has no effect.
pub(crate) fn init(config: &Log) -> Flush {
    let progress = Progress::default();
    let sink = Sink::new(io::stderr(), config.format, progress.clone());
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(QUEUE).thread_name("log");
    let (queue, guard) = builder.finish(sink);
    progress.set_queue(queue.error_counter());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter::filter(&config.level))
        .with_ansi(io::stderr().is_terminal())
        // By default, tracing-subscriber prints its own errors, and panics if that fails.
        .log_internal_errors(false)
        .with_writer(Lines { queue, format: config.format, progress: progress.clone() });
    let initialized = match config.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    if initialized.is_ok() && PROGRESS.set(progress).is_ok() {
        // Its end would print to standard output if the thread is blocked. `Flush` waits in its place.
        mem::forget::<WorkerGuard>(guard);
        panics::log();
    }
    Flush(())
}

impl Drop for Flush {
    fn drop(&mut self) {
        if let Some(progress) = PROGRESS.get() {
            progress.wait(FLUSH);
        }
    }
}

/// The way of lines into the queue.
#[derive(Debug, Clone)]
struct Lines {
    queue: NonBlocking,
    format: LogFormat,
    progress: Progress,
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
        self.progress.submit();
        match format::bounded(line, self.format) {
            Some(bounded) => self.queue.write_all(&bounded)?,
            None => self.queue.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
