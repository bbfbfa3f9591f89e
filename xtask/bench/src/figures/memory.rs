//! The memory of the programs: idle, after a load, and with many open connections.

use std::net::TcpStream;

use super::verify::{VERIFY, response};
use crate::bench::Bench;
use crate::load::Load;
use crate::measure::Spread;
use crate::proc::Memory;
use crate::process::Program;
use crate::programs::aether::{self, Variant};
use crate::programs::bare::{self, Bare};
use crate::report::{Cell, Figure, PROGRAM, Row, TOKENS};
use crate::{Result, http};

/// The default with room for the open connections.
const ROOMY: Variant<'_> = Variant { name: aether::DEFAULT.name, arguments: &["--max-connections", "20000"] };

/// The number of connections of the load.
const CONNECTED: usize = 64;

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let size = bench.largest();
    let seed = bench.seed(size)?;
    let aether = bench.aether(ROOMY, &seed)?;
    let response = response(&aether, &seed)?;
    let token = seed.token(0)?;
    let mut programs = vec![aether];
    for bare in [Bare::Hyper, Bare::Dropshot] {
        programs.push(bare::start(bare, &response, bench.directory()?)?);
    }
    programs.extend(bench.peer(&seed)?);
    let mut rows = Vec::new();
    for program in &programs {
        bench.progress.set_message(format!("memory: {}", program.name()));
        let mut add = |state: &str, memory| rows.push(row(size, program, state, memory));
        add("idle", program.memory()?);
        Load::subject(program, VERIFY, CONNECTED, seed.variables(size)).measure(bench.plan.time())?;
        add("after a load", program.memory()?);
        let open = connect(program, &token, bench.open)?;
        add(&format!("{} open connections", open.len()), program.memory()?);
    }
    let remarks = vec![
        "In MiB. The load is a verification with 64 connections. Each open connection has had one response. Aether runs with \
         `--max-connections 20000`. The page cache of the database files belongs to the kernel and is not counted."
            .into(),
    ];
    Ok(Figure { name: "memory".into(), title: "Memory".into(), remarks, rows })
}

/// Opens connections, each with one response.
fn connect(program: &Program, token: &str, connections: usize) -> Result<Vec<TcpStream>> {
    (0..connections).map(|_| http::keep_open(program.address(), "/api/v1/api-tokens/current", token)).collect()
}

fn row(size: u64, program: &Program, state: &str, memory: Memory) -> Row {
    let mib = |kib: u64| Cell::from(Spread::of([f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0]));
    let cells = [
        (TOKENS, Cell::Count(size)),
        (PROGRAM, program.name().into()),
        ("state", state.into()),
        ("resident", mib(memory.resident)),
        ("anonymous", mib(memory.anonymous)),
        ("file", mib(memory.file)),
        ("peak", mib(memory.peak)),
    ];
    cells.into_iter().collect()
}
