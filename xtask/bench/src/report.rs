//! The results: figures with rows of named cells.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use crate::machine::Machine;
use crate::measure::{Plan, Sample, Spread, ratio};

/// All results of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine.
    pub machine: Machine,
    /// The rounds.
    pub plan: Plan,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The parts that were left out, with the reasons.
    pub skipped: Vec<String>,
}

impl Report {
    /// The machine and the rounds in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let Plan { rounds, seconds } = self.plan;
        format!("{}; rounds: {rounds}, of {seconds} s.", self.machine.describe())
    }
}

/// The results of one question.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// The name of the figure in arguments and files.
    pub name: String,
    /// The title for people.
    pub title: String,
    /// The remarks below the table.
    pub remarks: Vec<String>,
    /// The rows. All have the same columns.
    pub rows: Vec<Row>,
}

/// A row: cells by the name of the column.
pub type Row = IndexMap<&'static str, Cell>;

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A measured value with its spread.
    Measured(Spread),
    /// A value that does not exist.
    Missing(()),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Option<Spread>> for Cell {
    fn from(spread: Option<Spread>) -> Self {
        spread.map_or(Self::Missing(()), Self::Measured)
    }
}

impl Cell {
    /// The value of a number.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "the numbers are far below 2^52")]
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Measured(spread) => Some(spread.median),
            Self::Text(_) | Self::Missing(()) => None,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Count(count) => write!(f, "{count}"),
            Self::Measured(spread) => write!(f, "{}", spread.median),
            Self::Missing(()) => f.write_str("none"),
        }
    }
}

/// The columns that precede the results of a row.
pub type Labels = Vec<(&'static str, Cell)>;

/// The rows of subjects with the same labels. The ratios are the first subject's rate to that of the row.
#[must_use]
pub fn rows(labels: &Labels, names: &[String], samples: &[Vec<Sample>]) -> Vec<Row> {
    let row = |(name, measured): (&String, &Vec<Sample>)| {
        let mut row: Row = labels.iter().cloned().collect();
        row.insert(PROGRAM, name.as_str().into());
        row.insert(RATE, Spread::of(measured.iter().map(|sample| sample.rate)).into());
        row.insert(RATIO, ratio(&samples[0], measured).into());
        row.insert(CPU, Spread::of(measured.iter().filter_map(|sample| sample.cpu_micros)).into());
        let latency = |pick: fn(&crate::measure::Latency) -> u64| {
            let micros = measured.iter().filter_map(|sample| sample.latency.as_ref().map(pick));
            Spread::of(micros.map(|micros| f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1000.0))
        };
        row.insert(P50, latency(|it| it.p50).into());
        row.insert(P90, latency(|it| it.p90).into());
        row.insert(P99, latency(|it| it.p99).into());
        row.insert(P999, latency(|it| it.p999).into());
        row
    };
    names.iter().zip(samples).map(row).collect()
}

/// The column of programs.
pub const PROGRAM: &str = "program";
/// The column of the number of tokens.
pub const TOKENS: &str = "tokens";
/// The column of the number of connections.
pub const CONNECTIONS: &str = "connections";
/// The column of rates.
pub const RATE: &str = "per second";
/// The column of ratios.
pub const RATIO: &str = "Aether / this";
/// The column of processor time.
pub const CPU: &str = "CPU µs";
/// The columns of latencies in milliseconds.
pub const P50: &str = "p50 ms";
/// The 90th percentile.
pub const P90: &str = "p90 ms";
/// The 99th percentile.
pub const P99: &str = "p99 ms";
/// The 99.9th percentile.
pub const P999: &str = "p99.9 ms";
