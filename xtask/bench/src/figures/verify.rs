//! Verification: `GET /api-tokens/current` with tokens drawn at random from all.

use crate::Result;
use crate::bench::Bench;
use crate::http::{self, Response};
use crate::load::{Load, Script};
use crate::measure::Subject;
use crate::process::Program;
use crate::programs::aether;
use crate::programs::bare::{self, Bare};
use crate::raw::Lookups;
use crate::report::{self, CONNECTIONS, Cell, Figure, Row, TOKENS};
use crate::seed::Seed;

pub(super) const VERIFY: Script = Script { name: "verify", once: false };

const FIRST_USE: Script = Script { name: "first_use", once: true };

/// The connections of the load that uses each token once.
const FIRST_USE_CONNECTIONS: usize = 16;

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let mut rows = Vec::new();
    for &size in &bench.sizes {
        let seed = bench.seed(size)?;
        let first = bench.aether(aether::DEFAULT, &seed)?;
        let response = response(&first, &seed)?;
        let mut programs = vec![first, bench.aether(aether::WARN, &seed)?];
        for bare in [Bare::Hyper, Bare::Dropshot] {
            programs.push(bare::start(bare, &response, bench.directory()?)?);
        }
        programs.extend(bench.peer(&seed)?);
        rows.extend(first_uses(bench, &programs[0], &seed, size)?);
        first_uses(bench, &programs[1], &seed, size)?;
        for &connections in &bench.connections {
            let labels = vec![(TOKENS, Cell::Count(size)), (CONNECTIONS, Cell::Count(connections as u64))];
            let load = |program| Load::subject(program, VERIFY, connections, seed.variables(size));
            let mut subjects: Vec<Box<dyn Subject>> = programs.iter().map(load).collect();
            subjects.push(Box::new(Lookups::open(&seed)?));
            rows.extend(bench.compare("verify", &labels, subjects)?);
        }
    }
    let title = "Verification: `GET /api-tokens/current`, tokens drawn at random from all".into();
    let remarks = vec![
        "Before the rounds, each token is verified once; the row of the first uses is its median. SQLite is one thread that hashes a token and reads its row. The bare servers do not authenticate, and have the same response."
            .into(),
    ];
    Ok(Figure { name: "verify".into(), title, remarks, rows })
}

/// Verifies each token once. From then on, the server has as many in memory as it can.
fn first_uses(bench: &Bench, program: &Program, seed: &Seed, size: u64) -> Result<Vec<Row>> {
    bench.progress.set_message(format!("verify, {size} tokens: {}, first uses", program.name()));
    let mut load = Load::new(program, FIRST_USE, FIRST_USE_CONNECTIONS, seed.variables(size));
    let samples = load.measure_each_once(size, bench.plan.time())?;
    let labels = vec![(TOKENS, Cell::Count(size)), (CONNECTIONS, Cell::Count(FIRST_USE_CONNECTIONS as u64))];
    let mut rows = report::rows(&labels, &[format!("{}, first use of each token", program.name())], &[samples]);
    // It was not measured in the rounds of the yardsticks.
    rows.iter_mut().for_each(|row| drop(row.shift_remove(report::RATIO)));
    Ok(rows)
}

/// The response of a verification, for the bare servers.
pub(super) fn response(program: &Program, seed: &Seed) -> Result<Response> {
    http::get(program.address(), "/api/v1/api-tokens/current", &seed.token(0)?)
}
