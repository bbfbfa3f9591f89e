//! Clocks: the time of changes, and the proof that the wall clock can be trusted with removals for good.
//!
//! The wall clock can be wrong and can step. A change is dated with it all the same, because a wrong date can be corrected by people.
//! A removal cannot: it waits until the wall clock has run like a clock that does not step. No reading is remembered as the latest
//! possible time, so that one wrong reading has no effect once the clock is right again.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::timestamp::Timestamp;

/// The time for which the clocks have to run alike.
const PROOF: Duration = Duration::from_secs(10 * 60);

/// The difference between two readings, in milliseconds, above which the wall clock has stepped. A clock that is slewed differs by
/// less in the time between two readings.
const STEP: i64 = 2_000;

/// The clock that does not step. It runs during a suspension as well, like the wall clock.
#[cfg(any(target_os = "linux", target_os = "android"))]
const STEADY: ClockId = ClockId::Boottime;
/// The clock that does not step. A suspension looks like a step of the wall clock, which is safe.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const STEADY: ClockId = ClockId::Monotonic;

/// The source of the time of changes.
#[derive(Debug, Clone, Default)]
pub(crate) enum Clock {
    /// The system's wall clock.
    #[default]
    System,
    /// A clock that a test sets, in milliseconds.
    #[cfg(test)]
    Manual(std::sync::Arc<std::sync::atomic::AtomicI64>),
}

impl Clock {
    /// The present time.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            #[cfg(test)]
            Self::Manual(millis) => Timestamp::from_millis(millis.load(std::sync::atomic::Ordering::SeqCst)),
        }
    }
}

/// A reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    wall: Timestamp,
    /// The time of the steady clock, from an unknown start.
    steady: Duration,
}

impl Reading {
    /// A reading of a test.
    #[cfg(test)]
    pub(crate) const fn at(wall: Timestamp, steady: Duration) -> Self {
        Self { wall, steady }
    }

    /// Reads both clocks.
    pub(crate) fn now() -> Self {
        let steady = clock_gettime(STEADY);
        let seconds = u64::try_from(steady.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(steady.tv_nsec).unwrap_or_default();
        Self { wall: Timestamp::now(), steady: Duration::new(seconds, nanos) }
    }
}

/// The comparison of the wall clock with the steady clock since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct ClockCheck {
    last: Option<Reading>,
    /// The first reading from which on the clocks have run alike.
    alike_since: Duration,
}

impl ClockCheck {
    /// Compares the clocks. Returns the wall time of the reading if they have run alike for ten minutes: since the first reading, and
    /// since the last step.
    pub(crate) fn prove(&mut self, reading: Reading) -> Option<Timestamp> {
        let stepped = self.last.is_none_or(|last| {
            let wall = reading.wall.as_millis().saturating_sub(last.wall.as_millis());
            let steady = i64::try_from(reading.steady.saturating_sub(last.steady).as_millis()).unwrap_or(i64::MAX);
            wall.saturating_sub(steady).saturating_abs() > STEP
        });
        if stepped {
            self.alike_since = reading.steady;
        }
        self.last = Some(reading);
        let proven = reading.steady.saturating_sub(self.alike_since) >= PROOF;
        proven.then_some(reading.wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results of readings at these times of the wall clock and of the steady clock, in seconds.
    fn proven(readings: &[(i64, u64)]) -> Vec<bool> {
        let mut check = ClockCheck::default();
        let reading = |(wall, steady): &(i64, u64)| {
            Reading::at(Timestamp::from_millis(wall * 1000), Duration::from_secs(*steady))
        };
        readings.iter().map(|at| check.prove(reading(at)).is_some()).collect()
    }

    #[test]
    fn clock_is_proven_after_ten_minutes_without_a_step() {
        assert_eq!(proven(&[(1000, 5), (1599, 604), (1600, 605), (9600, 8605)]), [false, false, true, true]);
        // The first reading proves nothing, whatever the steady clock shows.
        assert_eq!(proven(&[(1000, 1_000_000)]), [false]);
    }

    #[test]
    fn step_in_either_direction_starts_the_proof_again() {
        assert_eq!(
            proven(&[(0, 0), (600, 600), (603 + 60, 660), (663 + 599, 1259), (663 + 600, 1260)]),
            [false, true, false, false, true]
        );
        assert_eq!(proven(&[(0, 0), (600, 600), (657, 660), (1257, 1260)]), [false, true, false, true]);
        // There and back: both are steps.
        assert_eq!(
            proven(&[(0, 0), (600, 600), (90_000, 601), (602, 602), (1201, 1201), (1202, 1202)]),
            [false, true, false, false, false, true]
        );
    }

    #[test]
    fn slow_adjustment_is_not_a_step() {
        // Two seconds in each minute, in total far more than a step.
        let readings: Vec<_> = (0..30).map(|minute: u64| (i64::try_from(minute * 62).unwrap(), minute * 60)).collect();
        assert_eq!(proven(&readings).iter().filter(|proven| **proven).count(), 20);
    }

    #[test]
    fn extreme_readings_do_not_overflow() {
        assert_eq!(proven(&[(i64::MIN / 1000, 0), (i64::MAX / 1000, 1), (0, 0)]), [false; 3]);
    }

    #[test]
    fn proven_time_is_that_of_the_reading() {
        let mut check = ClockCheck::default();
        let (start, end) = (Reading::now(), Reading::now());
        check.prove(start);
        let later = Reading { wall: end.wall.plus_seconds(600), steady: end.steady + PROOF };
        assert_eq!(check.prove(later), Some(later.wall));
    }
}
