//! The figures: each answers one question with a table.

pub mod builds;
mod change;
mod create;
mod list;
mod memory;
mod metrics;
mod mixed;
mod purge;
mod start;
mod verify;

use crate::Result;
use crate::bench::Bench;
use crate::report::Figure;

/// A figure that can be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Name {
    /// Verification by size and connections, next to bare servers, raw SQLite and the peer
    Verify,
    /// Creation, next to raw SQLite, the disk and the peer
    Create,
    /// Updates, rotations and revocations
    Change,
    /// Pages of lists, with filters
    List,
    /// Verification next to creations and commands
    Mixed,
    /// The time of a start, by size
    Start,
    /// Memory when idle, after a load and with open connections
    Memory,
    /// Verification with and without metrics; it is not in the default
    Metrics,
    /// Verification next to a purge; it takes ten minutes and is not in the default
    Purge,
}

impl Name {
    /// The figures of a run by default, in the order of the report.
    pub const DEFAULT: [Self; 7] =
        [Self::Verify, Self::Create, Self::Change, Self::List, Self::Mixed, Self::Start, Self::Memory];

    /// Measures the figure.
    ///
    /// # Errors
    /// Fails if a program does not start or a request fails.
    pub fn measure(self, bench: &Bench) -> Result<Figure> {
        match self {
            Self::Verify => verify::measure(bench),
            Self::Create => create::measure(bench),
            Self::Change => change::measure(bench),
            Self::List => list::measure(bench),
            Self::Mixed => mixed::measure(bench),
            Self::Start => start::measure(bench),
            Self::Memory => memory::measure(bench),
            Self::Metrics => metrics::measure(bench),
            Self::Purge => purge::measure(bench),
        }
    }
}
