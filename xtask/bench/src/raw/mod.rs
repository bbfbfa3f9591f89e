//! Raw yardsticks: SQLite with the statements of the server in one thread, and the disk alone.

mod commits;
mod disk;
mod reads;

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::Result;
use crate::measure::Sample;

pub use commits::Commits;
pub use disk::Disk;
pub use reads::{Lookups, Page};

/// Gives a connection the settings of the server.
fn configure(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304; \
         PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Repeats work that makes `units` for a time, at least once. Returns the units per second.
fn repeat(time: Duration, units: u32, mut work: impl FnMut() -> Result<()>) -> Result<Sample> {
    let (begun, mut repetitions) = (Instant::now(), 0_u32);
    loop {
        work()?;
        repetitions += 1;
        let elapsed = begun.elapsed();
        if elapsed >= time {
            let rate = f64::from(repetitions) * f64::from(units) / elapsed.as_secs_f64();
            return Ok(Sample { rate, cpu_micros: None, latency: None });
        }
    }
}
