//! Two builds of the server in one run.

use std::path::Path;

use crate::Result;
use crate::bench::Bench;
use crate::load::{Load, Script};
use crate::programs::aether::{self, Variant};
use crate::report::{CONNECTIONS, Cell, Figure, RATIO, TOKENS};

use super::create::CREATE;
use super::verify::VERIFY;

/// The loads, with their numbers of connections.
const LOADS: [(Script, usize); 4] = [(VERIFY, 16), (VERIFY, 64), (CREATE, 1), (CREATE, 64)];

/// Compares two builds. The earlier one makes the databases.
///
/// # Errors
/// Fails if a program does not start or a request fails.
pub fn compare(bench: &Bench, before: &Path, after: &Path) -> Result<Figure> {
    let mut rows = Vec::new();
    for &size in &bench.sizes {
        let seed = bench.seed(size)?;
        let builds = [("after", after), ("before", before)];
        let start = |(name, server): (&'static str, &Path)| {
            let directory = bench.directory()?;
            seed.copy_to(directory.path())?;
            aether::start(server, Variant { name, ..aether::DEFAULT }, directory)
        };
        let programs = builds.into_iter().map(start).collect::<Result<Vec<_>>>()?;
        for (script, connections) in LOADS {
            let labels = vec![
                (TOKENS, Cell::Count(size)),
                ("operation", script.name.into()),
                (CONNECTIONS, Cell::Count(connections as u64)),
            ];
            let load = |program| Load::subject(program, script, connections, seed.variables(size));
            rows.extend(bench.compare("builds", &labels, programs.iter().map(load).collect())?);
        }
    }
    for row in &mut rows {
        let ratio = row.shift_remove(RATIO).unwrap_or(Cell::Missing(()));
        row.insert("after / this", ratio);
    }
    Ok(Figure { name: "builds".into(), title: "Two builds".into(), remarks: Vec::new(), rows })
}
