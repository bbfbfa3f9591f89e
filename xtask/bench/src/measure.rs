//! Rounds: every subject is measured once in each round, so that a machine that is busy for a while weighs on all of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Result;

/// The rounds of a measurement.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Plan {
    /// The number of rounds.
    pub rounds: usize,
    /// The seconds of one measurement.
    pub seconds: f64,
}

impl Plan {
    /// The time of one measurement.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// The median.
    pub p50: u64,
    /// The 90th percentile.
    pub p90: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The 99.9th percentile.
    pub p999: u64,
    /// The maximum.
    pub max: u64,
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Requests or rows per second.
    pub rate: f64,
    /// Microseconds of processor time of the program for each request.
    pub cpu_micros: Option<f64>,
    /// The latencies of the requests.
    pub latency: Option<Latency>,
}

/// Something that is measured for a time.
pub trait Subject {
    /// The name for people.
    fn name(&self) -> String;

    /// Measures for a time.
    ///
    /// # Errors
    /// Fails if a request fails or the program drops lines of its log.
    fn measure(&mut self, time: Duration) -> Result<Sample>;
}

/// Warms every subject up and measures it in each round. The order alternates. Returns the samples by subject and round.
///
/// # Errors
/// Fails if a measurement fails.
pub fn rounds(
    subjects: &mut [Box<dyn Subject + '_>],
    plan: Plan,
    mut step: impl FnMut(&str),
) -> Result<Vec<Vec<Sample>>> {
    for subject in &mut *subjects {
        step(&format!("{}, warming up", subject.name()));
        subject.measure(plan.time())?;
    }
    let mut samples = vec![Vec::new(); subjects.len()];
    for round in 0..plan.rounds {
        let mut order: Vec<usize> = (0..subjects.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let subject = &mut subjects[index];
            step(&format!("{}, round {} of {}", subject.name(), round + 1, plan.rounds));
            samples[index].push(subject.measure(plan.time())?);
        }
    }
    Ok(samples)
}

/// A median with the least and the greatest value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least value.
    pub low: f64,
    /// The greatest value.
    pub high: f64,
}

impl Spread {
    /// The spread of values; `None` if there is none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Self { median, low, high })
    }
}

/// The ratios of two subjects' rates, round by round.
#[must_use]
pub fn ratio(subject: &[Sample], yardstick: &[Sample]) -> Option<Spread> {
    Spread::of(subject.iter().zip(yardstick).map(|(subject, yardstick)| subject.rate / yardstick.rate))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Counting<'a>(char, &'a RefCell<String>);

    impl Subject for Counting<'_> {
        fn name(&self) -> String {
            self.0.to_string()
        }

        fn measure(&mut self, _: Duration) -> Result<Sample> {
            self.1.borrow_mut().push(self.0);
            Ok(sample(1.0))
        }
    }

    fn sample(rate: f64) -> Sample {
        Sample { rate, cpu_micros: None, latency: None }
    }

    #[test]
    fn order_of_rounds_alternates_after_the_warm_up() {
        let order = RefCell::new(String::new());
        let mut subjects: Vec<Box<dyn Subject>> =
            vec![Box::new(Counting('a', &order)), Box::new(Counting('b', &order))];
        let samples = rounds(&mut subjects, Plan { rounds: 3, seconds: 0.0 }, |_| ()).unwrap();
        assert_eq!(*order.borrow(), "ababbaab");
        assert_eq!(samples.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    }

    #[test]
    fn median_of_an_even_number_is_the_middle() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { median: 2.5, low: 1.0, high: 4.0 });
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, low: 1.0, high: 3.0 }));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        // Each round is twice as fast, on a machine that slows down.
        let (subject, yardstick) = ([sample(8.0), sample(4.0), sample(2.0)], [sample(4.0), sample(2.0), sample(1.0)]);
        assert_eq!(ratio(&subject, &yardstick), Some(Spread { median: 2.0, low: 2.0, high: 2.0 }));
    }
}
