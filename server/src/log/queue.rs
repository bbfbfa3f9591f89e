//! The queue of lines between the threads that log and the one that writes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::access::Access;

/// The number of lines that wait for the writing thread. With [`MAX_LINE`](super::format::MAX_LINE) it bounds their memory to 64 MiB; usual
/// lines take a twentieth of it.
const CAPACITY: usize = 16 * 1024;

/// The maximum number of lines that are written together.
const BATCH: usize = 1024;

/// The time in which lines gather before they are written, unless they are many. To wake the thread for each line takes longer than to
/// write the line.
const GATHER: Duration = Duration::from_millis(5);

/// A line of the log.
#[derive(Debug)]
pub(super) enum Line {
    /// A line that is formatted.
    Text(Vec<u8>),
    /// A completed request, which the writing thread formats.
    Access(Access),
}

/// A bounded queue. A line for which it has no room is dropped and counted, and no caller waits. Clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Line>,
    /// The number of lines that were dropped or could not be written.
    lost: u64,
    writer: Writer,
    /// Whether lines are written at once.
    flushing: bool,
}

/// The state of the writing thread.
#[derive(Debug, Default, PartialEq, Eq)]
enum Writer {
    /// It waits for a line.
    Idle,
    /// It waits for more lines.
    Gathering,
    /// It writes, or it has not begun.
    #[default]
    Busy,
}

impl Queue {
    /// Adds a line.
    pub(super) fn push(&self, line: Line) {
        let mut state = self.lock();
        if state.lines.len() >= CAPACITY {
            state.lost += 1;
            return;
        }
        state.lines.push_back(line);
        let wakes = match state.writer {
            Writer::Idle => true,
            Writer::Gathering => state.lines.len() == BATCH,
            Writer::Busy => false,
        };
        if wakes {
            state.writer = if state.writer == Writer::Idle { Writer::Gathering } else { Writer::Busy };
            drop(state);
            self.0.arrived.notify_one();
        }
    }

    /// Waits for lines and moves them to `batch`. Returns the number of lost lines so far.
    pub(super) fn take(&self, batch: &mut Vec<Line>) -> u64 {
        let mut state = self.lock();
        while state.lines.is_empty() {
            state.writer = Writer::Idle;
            self.0.written.notify_all();
            state = self.0.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writer = Writer::Gathering;
        let waits = |state: &mut State| state.lines.len() < BATCH && !state.flushing;
        let gathered = self.0.arrived.wait_timeout_while(state, GATHER, waits);
        let (mut state, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        state.writer = Writer::Busy;
        let count = state.lines.len().min(BATCH);
        batch.extend(state.lines.drain(..count));
        state.lost
    }

    /// The number of lines that were dropped or could not be written.
    pub(super) fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Counts a line that could not be written.
    pub(super) fn lose(&self) {
        self.lock().lost += 1;
    }

    /// Waits until every line was written or lost.
    pub(super) fn flush(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        state.flushing = true;
        self.0.arrived.notify_one();
        while state.writer != Writer::Idle || !state.lines.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.0.written.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &Queue, count: usize) {
        for number in 0..count {
            queue.push(Line::Text(number.to_string().into_bytes()));
        }
    }

    #[test]
    fn lines_beyond_the_capacity_are_counted() {
        let (queue, mut batch) = (Queue::default(), Vec::new());
        push(&queue, CAPACITY + 3);
        assert_eq!((queue.take(&mut batch), batch.len()), (3, BATCH));
        push(&queue, BATCH + 1);
        assert_eq!(queue.take(&mut batch), 4);
        queue.lose();
        assert_eq!(queue.take(&mut batch), 5);
        assert!(matches!(&batch[1], Line::Text(text) if text == b"1"), "in their order");
    }

    #[test]
    fn flush_waits_for_all_lines_and_no_longer_than_its_time() {
        let queue = Queue::default();
        push(&queue, 3 * BATCH);
        queue.flush(Duration::ZERO);
        let writing = queue.clone();
        std::thread::spawn(move || {
            loop {
                writing.take(&mut Vec::new());
            }
        });
        queue.flush(Duration::from_secs(3600));
        assert!(queue.lock().lines.is_empty());
    }
}
