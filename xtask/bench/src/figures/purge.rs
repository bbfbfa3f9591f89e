//! Verification while a purge removes dead tokens. The server purges when its clock is proven, ten minutes after its start.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::verify::VERIFY;
use crate::Result;
use crate::bench::Bench;
use crate::load::Load;
use crate::measure::{Latency, Spread};
use crate::programs::aether::{self, DATABASE};
use crate::report::{Cell, Figure, P50, P99, P999, PROGRAM, RATE, Row, TOKENS};

/// One of this many tokens is dead: those of the last organization.
const DEAD: u64 = 10;

/// The time in which a purge has to begin, and that in which it has to end.
const LIMIT: Duration = Duration::from_secs(13 * 60);

/// The time between two looks at the database.
const INTERVAL: Duration = Duration::from_millis(500);

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let size = bench.large();
    let seed = bench.seed(size)?;
    let directory = bench.directory()?;
    seed.copy_to(directory.path())?;
    let database = directory.path().join(DATABASE);
    // Revoked in 1970.
    Connection::open(&database)?.execute(
        "UPDATE api_tokens SET revoked_at = 1, tree_revoked = 1 WHERE created_by IS NOT NULL \
         AND org_id = (SELECT max(org_id) FROM api_tokens WHERE created_by IS NOT NULL)",
        [],
    )?;
    let program = aether::start(&bench.server, aether::DEFAULT, directory)?;
    let reader = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let dead = dead_tokens(&reader)?;
    let variables = seed.variables(size - size / DEAD);
    let load = Load::new(&program, VERIFY, 16, variables);
    let running = load.start()?;
    thread::sleep(bench.plan.time());
    let alone = running.end()?;
    bench.progress.set_message("purge: waiting for it, which takes ten minutes");
    wait(&reader, |left| left < dead)?;
    let running = load.start()?;
    bench.progress.set_message("purge: measuring");
    let begun = Instant::now();
    wait(&reader, |left| left == 0)?;
    let seconds = begun.elapsed().as_secs_f64();
    let during = running.end()?;
    let rows = [("verification alone", alone), ("next to a purge", during)].map(|(name, report)| {
        let millis = |pick: fn(&Latency) -> u64| {
            Cell::from(Spread::of([f64::from(u32::try_from(pick(&report.latency)).unwrap_or(u32::MAX)) / 1000.0]))
        };
        let cells = [
            (TOKENS, Cell::Count(size)),
            (PROGRAM, name.into()),
            (RATE, Spread::of([report.rate()]).into()),
            (P50, millis(|it| it.p50)),
            (P99, millis(|it| it.p99)),
            (P999, millis(|it| it.p999)),
        ];
        cells.into_iter().collect::<Row>()
    });
    let remarks =
        vec![format!("16 connections, one measurement each. The purge removed {dead} tokens in {seconds:.1} s.")];
    Ok(Figure { name: "purge".into(), title: "Verification next to a purge".into(), remarks, rows: rows.into() })
}

fn dead_tokens(reader: &Connection) -> Result<u64> {
    let sql = "SELECT count(*) FROM api_tokens WHERE revoked_at IS NOT NULL";
    Ok(u64::try_from(reader.query_row(sql, [], |row| row.get::<_, i64>(0))?)?)
}

/// Waits until the number of dead tokens meets a condition.
fn wait(reader: &Connection, met: impl Fn(u64) -> bool) -> Result<()> {
    let begun = Instant::now();
    while !met(dead_tokens(reader)?) {
        if begun.elapsed() > LIMIT {
            return Err("there was no purge".into());
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}
