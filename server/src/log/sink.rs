//! The writing thread's side of the log.

use std::io::{self, Write};

use super::access::Formatter;
use super::format;
use super::queue::{Line, Queue};
use crate::config::LogFormat;

/// The writer of the lines. It never fails: a line that cannot be written is counted, and the count is written when writing works again.
#[derive(Debug)]
pub(super) struct Sink<W> {
    out: W,
    format: LogFormat,
    formatter: Formatter,
    queue: Queue,
    /// The number of lost lines that a line has told.
    reported: u64,
    /// Whether the last written byte is in the middle of a line.
    is_torn: bool,
}

/// Lines to write together.
#[derive(Debug, Default)]
struct Batch {
    text: Vec<u8>,
    /// The ends of the lines in the text.
    ends: Vec<usize>,
    /// The number of lost lines that the first line tells.
    lost: Option<u64>,
}

impl Batch {
    fn end_line(&mut self) {
        self.ends.push(self.text.len());
    }
}

impl<W: Write> Sink<W> {
    pub(super) fn new(out: W, format: LogFormat, colours: bool, queue: Queue) -> Self {
        let formatter = Formatter::new(format, colours);
        Self { out, format, formatter, queue, reported: 0, is_torn: false }
    }

    /// Writes the lines of the queue.
    pub(super) fn run(mut self) -> ! {
        let mut lines = Vec::new();
        loop {
            let lost = self.queue.take(&mut lines);
            self.write(&lines, lost);
            lines.clear();
        }
    }

    fn write(&mut self, lines: &[Line], lost: u64) {
        let batch = self.batch(lines, lost);
        let (mut at, mut report) = (0, batch.lost);
        while at < batch.text.len() {
            // Lines are lost one by one, because the next one may have room.
            if self.write_some(&batch.text, &mut at).is_err() {
                let line = batch.ends.partition_point(|end| *end <= at);
                at = batch.ends[line];
                // A report is made again.
                if report.take().is_none() {
                    self.queue.lose();
                }
            } else if let Some(lost) = report.take_if(|_| at >= batch.ends[0]) {
                self.reported = lost;
            }
        }
    }

    fn batch(&mut self, lines: &[Line], lost: u64) -> Batch {
        let mut batch = Batch::default();
        if lost > self.reported {
            batch.text = format::notice(self.format, "log lines were dropped", "count", lost - self.reported);
            batch.lost = Some(lost);
            batch.end_line();
        }
        for line in lines {
            match line {
                Line::Text(text) => batch.text.extend_from_slice(&format::cleaned(text)),
                Line::Access(access) => self.formatter.append(access, &mut batch.text),
            }
            batch.end_line();
        }
        batch
    }

    /// Writes a part of the text from `at` on. A line that was begun and could not be ended is ended before: an empty line would be no JSON.
    fn write_some(&mut self, text: &[u8], at: &mut usize) -> io::Result<()> {
        let begins_line = *at == 0 || text[*at - 1] == b'\n';
        let part = if self.is_torn && begins_line { b"\n" } else { &text[*at..] };
        match self.out.write(part) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => {
                *at += if self.is_torn && begins_line { 0 } else { length };
                self.is_torn = part[length - 1] != b'\n';
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
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

    /// The text that a sink writes of `batches` to a writer that takes the given numbers of bytes.
    fn written(takes: &[usize], format: LogFormat, batches: &[&[&str]]) -> String {
        let queue = Queue::default();
        let failing = Failing { takes: takes.to_vec(), written: Vec::new() };
        let mut sink = Sink::new(failing, format, false, queue.clone());
        for lines in batches {
            lines.iter().for_each(|line| queue.push(Line::Text(line.as_bytes().to_vec())));
            let mut batch = Vec::new();
            let lost = queue.take(&mut batch);
            sink.write(&batch, lost);
        }
        String::from_utf8(sink.out.written).unwrap()
    }

    #[test]
    fn failed_lines_are_counted_and_reported() {
        let batches: [&[&str]; 4] = [&["one\n", "two\n"], &["three\n"], &["four\n"], &["five\n", "six\n"]];
        let text = written(&[6, 0, 0, 0, 99], LogFormat::Text, &batches);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("one", "tw"));
        assert!(lines[2].ends_with("log lines were dropped count=2"), "{text}");
        assert_eq!(lines[3..], ["four", "five", "six"]);
    }

    #[test]
    fn line_that_fails_does_not_take_the_others_along() {
        let text = written(&[0, 99], LogFormat::Text, &[&["one\n", "two\n", "three\n"], &["four\n"]]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("two", "three"));
        assert!(lines[2].ends_with("log lines were dropped count=1"), "{text}");
        assert_eq!(lines[3..], ["four"]);
    }

    #[test]
    fn line_of_which_nothing_was_written_leaves_no_empty_line() {
        let text = written(&[99, 0, 0], LogFormat::Json, &[&["{}\n"], &["{}\n"], &["{}\n"], &["{}\n"]]);
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[2]["count"], 1);
    }
}
