//! The time of a start, by size, after a clean stop and after a kill.

use std::thread;
use std::time::Instant;

use rustix::process::Signal;
use tempfile::TempDir;

use super::create::CREATE;
use crate::Result;
use crate::bench::Bench;
use crate::load::Load;
use crate::measure::Spread;
use crate::process::Program;
use crate::programs::aether;
use crate::report::{Figure, Row, TOKENS};

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let mut rows = Vec::new();
    for &size in &bench.sizes {
        let seed = bench.seed(size)?;
        let mut directory = bench.directory()?;
        seed.copy_to(directory.path())?;
        let (mut clean, mut killed) = (Vec::new(), Vec::new());
        for round in 0..bench.plan.rounds {
            bench.progress.set_message(format!("start, {TOKENS} {size}: round {}", round + 1));
            let (program, seconds) = timed(bench, directory)?;
            clean.push(seconds);
            // The kill leaves changes in the write-ahead log.
            let variables = seed.variables(size);
            let load = Load::new(&program, CREATE, 16, variables);
            let running = load.start()?;
            thread::sleep(bench.plan.time());
            running.end()?;
            let (program, seconds) = timed(bench, program.end(Signal::KILL)?)?;
            killed.push(seconds);
            directory = program.end(Signal::TERM)?;
        }
        for (after, times) in [("a clean stop", clean), ("kill -9", killed)] {
            let millis = Spread::of(times.into_iter().map(|seconds| seconds * 1000.0));
            let row: Row =
                [(TOKENS, crate::report::Cell::Count(size)), ("start after", after.into()), ("ms", millis.into())]
                    .into_iter()
                    .collect();
            rows.push(row);
        }
    }
    let remarks = vec![
        "The time until the address is printed, with the file in the page cache. After a kill during creations, the start checks \
         the whole database."
            .into(),
    ];
    Ok(Figure { name: "start".into(), title: "Start by size".into(), remarks, rows })
}

fn timed(bench: &Bench, directory: TempDir) -> Result<(Program, f64)> {
    let begun = Instant::now();
    let program = aether::start(&bench.server, aether::DEFAULT, directory)?;
    Ok((program, begun.elapsed().as_secs_f64()))
}
