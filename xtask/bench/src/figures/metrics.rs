//! Verification with and without metrics, which no program asks for meanwhile.

use super::verify::VERIFY;
use crate::Result;
use crate::bench::Bench;
use crate::load::Load;
use crate::measure::Subject;
use crate::programs::aether;
use crate::report::{CONNECTIONS, Cell, Figure};

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let (mut rows, size) = (Vec::new(), bench.large());
    let seed = bench.seed(size)?;
    let programs = [bench.aether(aether::DEFAULT, &seed)?, bench.aether(aether::METRICS, &seed)?];
    for &connections in &bench.connections {
        let labels = vec![(CONNECTIONS, Cell::Count(connections as u64))];
        let load =
            |program| -> Box<dyn Subject + '_> { Load::subject(program, VERIFY, connections, seed.variables(size)) };
        rows.extend(bench.compare("metrics", &labels, programs.iter().map(load).collect())?);
    }
    let title = format!("Metrics: verification of {size} tokens");
    Ok(Figure { name: "metrics".into(), title, remarks: Vec::new(), rows })
}
