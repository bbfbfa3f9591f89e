//! A bounded queue whose lanes take turns.
//!
//! Each lane is first in, first out, and the next item comes from the lane that waits longest for its turn. An item therefore waits for
//! at most one item of each other lane for each item before it in its own. A lane has a bounded share. If the whole queue is full, the
//! newest item of the longest lane makes room for a shorter one, so that full lanes never exclude others.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The reason why an item was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// The lane has its share, or the queue is full and no lane is longer.
    Full,
    /// The queue was closed.
    Closed,
}

/// The next item of a queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// The item.
    Item(T),
    /// There was none in time.
    Nothing,
    /// The queue was closed and is empty.
    Closed,
}

/// A queue of items `T` in lanes `L`.
pub(super) struct FairQueue<L, T> {
    state: Mutex<State<L, T>>,
    changed: Condvar,
    share: usize,
    capacity: usize,
}

struct State<L, T> {
    /// The lanes with items.
    lanes: HashMap<L, VecDeque<T>>,
    /// The same lanes, in the order of their turns.
    turns: VecDeque<L>,
    len: usize,
    closed: bool,
}

impl<L, T> fmt::Debug for FairQueue<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FairQueue").finish_non_exhaustive()
    }
}

impl<L: Copy + Eq + Hash, T> FairQueue<L, T> {
    /// An empty queue of at most `capacity` items, of which at most `share` are in one lane.
    pub(super) fn new(share: usize, capacity: usize) -> Self {
        let state = State { lanes: HashMap::new(), turns: VecDeque::new(), len: 0, closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), share, capacity }
    }

    /// Adds an item to the end of its lane. Returns the item that made room for it, if the queue was full.
    pub(super) fn push(&self, lane: L, item: T) -> Result<Option<T>, Rejected> {
        let mut state = self.lock();
        if state.closed {
            return Err(Rejected::Closed);
        }
        let len = state.lanes.get(&lane).map_or(0, VecDeque::len);
        if len >= self.share {
            return Err(Rejected::Full);
        }
        let displaced = if state.len < self.capacity { None } else { Some(state.displace(len).ok_or(Rejected::Full)?) };
        if len == 0 {
            state.turns.push_back(lane);
        }
        state.lanes.entry(lane).or_default().push_back(item);
        state.len += 1;
        drop(state);
        self.changed.notify_one();
        Ok(displaced)
    }

    /// Takes the next item, and waits for it; with a time, at most until then.
    pub(super) fn pop(&self, until: Option<Instant>) -> Next<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.pop() {
                return Next::Item(item);
            }
            if state.closed {
                return Next::Closed;
            }
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Next::Nothing,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Takes the next item if there is one and `condition` holds for it.
    pub(super) fn pop_if(&self, condition: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut state = self.lock();
        let next = state.turns.front().and_then(|lane| state.lanes.get(lane)?.front());
        if next.is_some_and(condition) { state.pop() } else { None }
    }

    /// The number of items that wait.
    pub(super) fn len(&self) -> usize {
        self.lock().len
    }

    /// Rejects further items. The queued ones can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<L, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Copy + Eq + Hash, T> State<L, T> {
    fn pop(&mut self) -> Option<T> {
        let lane = self.turns.pop_front()?;
        let items = self.lanes.get_mut(&lane)?;
        let item = items.pop_front();
        if items.is_empty() {
            self.lanes.remove(&lane);
        } else {
            self.turns.push_back(lane);
        }
        self.len -= usize::from(item.is_some());
        item
    }

    /// Removes the newest item of the longest lane, if that lane stays at least as long as one of `len` items that gets another.
    fn displace(&mut self, len: usize) -> Option<T> {
        let longest = self.lanes.values_mut().max_by_key(|items| items.len()).filter(|items| items.len() > len + 1)?;
        let item = longest.pop_back();
        self.len -= usize::from(item.is_some());
        item
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn pop(queue: &FairQueue<char, u32>) -> Option<u32> {
        match queue.pop(None) {
            Next::Item(item) => Some(item),
            _ => None,
        }
    }

    fn drain(queue: &FairQueue<char, u32>) -> Vec<u32> {
        queue.close();
        std::iter::from_fn(|| pop(queue)).collect()
    }

    #[test]
    fn lanes_take_turns_and_each_keeps_its_order() {
        let queue = FairQueue::new(10, 100);
        for (lane, item) in [('a', 1), ('a', 2), ('a', 3), ('b', 11), ('b', 12), ('c', 21)] {
            assert_eq!(queue.push(lane, item), Ok(None));
        }
        assert_eq!(drain(&queue), [1, 11, 21, 2, 12, 3]);
    }

    #[test]
    fn late_lane_waits_for_one_item_of_a_flood() {
        let queue = FairQueue::new(100, 100);
        for item in 0..50 {
            queue.push('a', item).unwrap();
        }
        assert_eq!(pop(&queue), Some(0));
        queue.push('b', 100).unwrap();
        assert_eq!([pop(&queue), pop(&queue)], [Some(1), Some(100)]);
        // A lane that was empty has no better turn than one that waits.
        queue.push('b', 101).unwrap();
        assert_eq!([pop(&queue), pop(&queue)], [Some(2), Some(101)]);
    }

    #[test]
    fn full_lane_rejects_its_own_items_only() {
        let queue = FairQueue::new(2, 100);
        for (lane, expected) in [('a', Ok(None)), ('a', Ok(None)), ('a', Err(Rejected::Full)), ('b', Ok(None))] {
            assert_eq!(queue.push(lane, 0), expected);
        }
        pop(&queue);
        assert_eq!(queue.push('a', 0), Ok(None), "there is room again");
    }

    #[test]
    fn full_queue_takes_room_from_the_longest_lane() {
        let queue = FairQueue::new(4, 6);
        for item in 1..=4 {
            queue.push('a', item).unwrap();
        }
        queue.push('b', 11).unwrap();
        queue.push('b', 12).unwrap();
        assert_eq!(queue.push('c', 21), Ok(Some(4)), "the newest of the flood");
        assert_eq!(queue.push('c', 22), Ok(Some(3)));
        assert_eq!(queue.push('c', 23), Err(Rejected::Full), "every lane has as much");
        assert_eq!(drain(&queue), [1, 11, 21, 2, 12, 22]);
    }

    #[test]
    fn closed_queue_gives_its_items_and_takes_none() {
        let queue = Arc::new(FairQueue::new(10, 100));
        let waiting = std::thread::spawn({
            let queue = Arc::clone(&queue);
            move || (pop(&queue), pop(&queue))
        });
        queue.push('a', 1).unwrap();
        queue.close();
        assert_eq!(queue.push('a', 2), Err(Rejected::Closed));
        assert_eq!(waiting.join().unwrap(), (Some(1), None));
    }

    #[test]
    fn item_is_awaited_until_a_time_and_taken_on_a_condition() {
        let queue = FairQueue::new(10, 100);
        assert_eq!(queue.pop(Some(Instant::now() + Duration::from_millis(1))), Next::Nothing);
        assert_eq!(queue.pop_if(|_| true), None);
        queue.push('a', 1).unwrap();
        assert_eq!(queue.pop_if(|item| *item > 1), None, "it stays");
        assert_eq!(queue.pop(Some(Instant::now())), Next::Item(1));
        queue.push('a', 2).unwrap();
        assert_eq!(queue.pop_if(|item| *item > 1), Some(2));
        queue.close();
        assert_eq!(queue.pop(Some(Instant::now())), Next::Closed);
    }
}
