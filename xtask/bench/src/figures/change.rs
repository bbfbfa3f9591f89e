//! Updates, rotations and revocations, each with a durable commit.

use crate::Result;
use crate::bench::Bench;
use crate::load::{Load, Script};
use crate::measure::Subject;
use crate::programs::aether;
use crate::raw::{Commits, Disk};
use crate::report::{CONNECTIONS, Cell, Figure, TOKENS};

/// The loads. A token is rotated or revoked once.
const SCRIPTS: [Script; 3] = [
    Script { name: "update", once: false },
    Script { name: "rotate", once: true },
    Script { name: "revoke", once: true },
];

/// The numbers of connections.
const CONNECTED: [usize; 2] = [1, 64];

/// The number of tokens of a short run: more than it rotates or revokes.
const LEAST: u64 = 20_000;

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let size = bench.large().max(LEAST);
    let seed = bench.seed_of(size, 1)?;
    let mut rows = Vec::new();
    for script in SCRIPTS {
        for connections in CONNECTED {
            let programs = [bench.aether(aether::DEFAULT, &seed)?, bench.aether(aether::WARN, &seed)?];
            let load = |program| Load::subject(program, script, connections, seed.variables(size));
            let mut subjects: Vec<Box<dyn Subject>> = programs.iter().map(load).collect();
            if connections == 1 {
                subjects.push(Box::new(Commits::open(&seed, 1, bench.directory()?)?));
            }
            subjects.push(Box::new(Disk::open(&bench.target)?));
            let labels = vec![
                (TOKENS, Cell::Count(size)),
                ("operation", script.name.into()),
                (CONNECTIONS, Cell::Count(connections as u64)),
            ];
            rows.extend(bench.compare("change", &labels, subjects)?);
        }
    }
    let title = "Changes: update, rotate, revoke".into();
    Ok(Figure { name: "change".into(), title, remarks: Vec::new(), rows })
}
