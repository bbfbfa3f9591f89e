//! The writing thread's side of the log.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing_appender::non_blocking::ErrorCounter;

use super::format;
use crate::config::LogFormat;

/// The numbers of lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Lines>,
    finished: Condvar,
    /// The counter of the lines for which the queue had no room.
    queue: OnceLock<ErrorCounter>,
}

#[derive(Debug, Default)]
struct Lines {
    submitted: u64,
    /// Written or failed.
    done: u64,
    failed: u64,
}

impl Progress {
    pub(super) fn set_queue(&self, counter: ErrorCounter) {
        // It is set once.
        let _ = self.0.queue.set(counter);
    }

    pub(super) fn submit(&self) {
        self.lock().submitted += 1;
    }

    fn finish(&self, written: bool) {
        let mut lines = self.lock();
        lines.done += 1;
        lines.failed += u64::from(!written);
        drop(lines);
        self.0.finished.notify_all();
    }

    /// Waits until every line was written, failed or was dropped.
    pub(super) fn wait(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut lines = self.lock();
        while lines.done + self.dropped() < lines.submitted {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            lines = self.0.finished.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The number of lines that were not written: the queue had no room, or the write failed.
    pub(super) fn lost(&self) -> u64 {
        self.dropped() + self.lock().failed
    }

    fn dropped(&self) -> u64 {
        self.0.queue.get().map_or(0, |counter| counter.dropped_lines() as u64)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer of the lines. It never fails: a line that cannot be written is counted, and the count is written when writing works again.
#[derive(Debug)]
pub(super) struct Sink<W> {
    out: W,
    format: LogFormat,
    progress: Progress,
    /// The number of lost lines that a line has told.
    reported: u64,
    /// Whether the last written byte is in the middle of a line.
    is_torn: bool,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(out: W, format: LogFormat, progress: Progress) -> Self {
        Self { out, format, progress, reported: 0, is_torn: false }
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.write_bytes(b"\n")?;
        }
        self.write_bytes(line)
    }

    /// Like `write_all`, but tells whether a failed write has written a part: an empty line would be no JSON.
    fn write_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.out.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => {
                    self.is_torn = bytes[length - 1] != b'\n';
                    bytes = &bytes[length..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn report_lost(&mut self) -> io::Result<()> {
        let lost = self.progress.lost();
        if lost > self.reported {
            let line = format::notice(self.format, "log lines were dropped", "count", lost - self.reported);
            self.write_line(&line)?;
            self.reported = lost;
        }
        Ok(())
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.report_lost().and_then(|()| self.write_line(&format::cleaned(line)));
        self.progress.finish(written.is_ok());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that takes the given numbers of bytes, one for each call, and fails at 0.
    #[derive(Debug, Default)]
    struct Failing {
        takes: Vec<usize>,
        written: Vec<u8>,
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let take = if self.takes.is_empty() { bytes.len() } else { self.takes.remove(0).min(bytes.len()) };
            if take == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.extend_from_slice(&bytes[..take]);
            Ok(take)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn failed_lines_are_counted_and_reported() {
        let progress = Progress::default();
        let failing = Failing { takes: vec![99, 2, 0, 0, 0, 99], written: Vec::new() };
        let mut sink = Sink::new(failing, LogFormat::Text, progress.clone());
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n"] {
            progress.submit();
            sink.write_all(line.as_bytes()).unwrap();
        }
        let text = String::from_utf8(sink.out.written).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("one", "tw"));
        assert!(lines[2].ends_with("log lines were dropped count=3"), "{text}");
        assert_eq!(lines[3..], ["five"]);
        assert_eq!(progress.lost(), 3);
        progress.wait(Duration::ZERO);
    }

    #[test]
    fn line_of_which_nothing_was_written_leaves_no_empty_line() {
        let progress = Progress::default();
        let failing = Failing { takes: vec![99, 0, 0], written: Vec::new() };
        let mut sink = Sink::new(failing, LogFormat::Json, progress.clone());
        for line in ["{}\n"; 4] {
            progress.submit();
            sink.write_all(line.as_bytes()).unwrap();
        }
        let text = String::from_utf8(sink.out.written).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(lines[1]["count"], 2);
    }
}
