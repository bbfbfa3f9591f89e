//! Creation: `POST /api-tokens`, each with an idempotency key and a durable commit.

use crate::Result;
use crate::bench::Bench;
use crate::load::{Load, Script};
use crate::measure::Subject;
use crate::programs::aether;
use crate::raw::{Commits, Disk};
use crate::report::{CONNECTIONS, Cell, Figure, TOKENS};

pub(super) const CREATE: Script = Script { name: "create", once: false };

/// The numbers of connections, and those of creations in a commit of SQLite next to them.
const LOADS: [(usize, &[u32]); 3] = [(1, &[1]), (16, &[16]), (64, &[32, 64])];

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let mut rows = Vec::new();
    for &size in &bench.sizes {
        let seed = bench.seed(size)?;
        let mut programs = vec![bench.aether(aether::DEFAULT, &seed)?, bench.aether(aether::WARN, &seed)?];
        programs.extend(bench.peer(&seed)?);
        for (connections, batches) in LOADS {
            let load = |program| Load::subject(program, CREATE, connections, seed.variables(size));
            let mut subjects: Vec<Box<dyn Subject>> = programs.iter().map(load).collect();
            for &batch in batches {
                subjects.push(Box::new(Commits::open(&seed, batch, bench.directory()?)?));
            }
            subjects.push(Box::new(Disk::open(&bench.target)?));
            let labels = vec![(TOKENS, Cell::Count(size)), (CONNECTIONS, Cell::Count(connections as u64))];
            rows.extend(bench.compare("create", &labels, subjects)?);
        }
    }
    let title = "Creation: `POST /api-tokens` with an idempotency key".into();
    let remarks = vec![
        "SQLite is one thread with the statements of a creation, on a copy of the same database; its rate is that of creations. \
         The peer has neither idempotency records nor a chain of audit events."
            .into(),
    ];
    Ok(Figure { name: "create".into(), title, remarks, rows })
}
