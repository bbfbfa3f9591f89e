//! Verification next to other work.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::create::CREATE;
use super::verify::VERIFY;
use crate::Result;
use crate::bench::Bench;
use crate::load::Load;
use crate::measure::{Sample, Subject};
use crate::process::Program;
use crate::programs::aether::{self, DATABASE};
use crate::report::{CONNECTIONS, Cell, Figure, RATIO, TOKENS};

/// The number of connections of verifications, and of creations next to them.
const CONNECTED: usize = 16;

/// The work next to verifications.
enum Background<'p> {
    Nothing,
    Creations(Load<'p>),
    /// A command of the server, again and again.
    Command(&'static str, &'p Path, &'p Program),
}

/// Verifications next to other work.
struct Mixed<'p> {
    verifications: Box<dyn Subject + 'p>,
    background: Background<'p>,
}

impl Subject for Mixed<'_> {
    fn name(&self) -> String {
        match &self.background {
            Background::Nothing => "verification alone".into(),
            Background::Creations(_) => format!("next to creations, {CONNECTED} connections"),
            Background::Command(command, ..) => format!("next to `{command}`"),
        }
    }

    fn measure(&mut self, time: Duration) -> Result<Sample> {
        match &mut self.background {
            Background::Nothing => self.verifications.measure(time),
            Background::Creations(load) => {
                let running = load.start()?;
                let sample = self.verifications.measure(time);
                running.end()?;
                sample
            }
            Background::Command(command, server, program) => {
                let stop = AtomicBool::new(false);
                thread::scope(|scope| {
                    let repeated = scope.spawn(|| repeat(server, command, program.directory(), &stop));
                    let sample = self.verifications.measure(time);
                    stop.store(true, Ordering::Relaxed);
                    repeated.join().map_err(|_| "the command panicked")??;
                    sample
                })
            }
        }
    }
}

/// Repeats a command of the server until it is told to stop.
fn repeat(server: &Path, command: &str, directory: &Path, stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let mut process = Command::new(server);
        process.args(command.split(' ')).args(["--database", DATABASE]).current_dir(directory).stdout(Stdio::null());
        let output = process.stderr(Stdio::piped()).output()?;
        if !output.status.success() {
            return Err(format!("{command}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        // A backup does not replace a file.
        if let Some(path) = command.strip_prefix("backup ") {
            fs::remove_file(directory.join(path))?;
        }
    }
    Ok(())
}

pub(super) fn measure(bench: &Bench) -> Result<Figure> {
    let size = bench.large();
    let seed = bench.seed(size)?;
    let program = bench.aether(aether::DEFAULT, &seed)?;
    let creations = Load::new(&program, CREATE, CONNECTED, seed.variables(size));
    let backgrounds = [
        Background::Nothing,
        Background::Creations(creations),
        Background::Command("backup copy.db", &bench.server, &program),
        Background::Command("audit verify", &bench.server, &program),
    ];
    let subjects = backgrounds.into_iter().map(|background| {
        let verifications = Load::subject(&program, VERIFY, CONNECTED, seed.variables(size));
        Box::new(Mixed { verifications, background }) as Box<dyn Subject>
    });
    let labels = vec![(TOKENS, Cell::Count(size)), (CONNECTIONS, Cell::Count(CONNECTED as u64))];
    let mut rows = bench.compare("mixed", &labels, subjects.collect())?;
    for row in &mut rows {
        // It compares Aether with other programs.
        row.shift_remove(RATIO);
    }
    let remarks = vec![
        "The load generator and the commands share the processors with the server. The processor time is that of all requests of \
         the server, divided by the verifications."
            .into(),
    ];
    Ok(Figure { name: "mixed".into(), title: "Verification next to other work".into(), remarks, rows })
}
