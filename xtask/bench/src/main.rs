//! `cargo xtask bench`: the speed and the memory of the Aether server, next to yardsticks that are measured in turn
//! with it.
//!
//! [`figures`](mod@figures) are the questions. [`seed`] makes databases, [`programs`] starts servers with them,
//! [`load`] and [`raw`] are subjects that [`measure`] measures round by round, and [`table`] and [`plots`] render the
//! [`report`]. [`instructions`] is a gate of its own.

mod arguments;
mod bench;
mod build;
mod docs;
mod figures;
mod http;
mod instructions;
mod load;
mod machine;
mod measure;
mod plots;
mod proc;
mod process;
mod programs;
mod raw;
mod report;
mod seed;
mod table;
mod yardsticks;

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use arguments::{Arguments, Internal, Run};
use bench::Bench;
use figures::Name;
use machine::Machine;
use measure::Plan;
use programs::peer::Peer;
use report::{Figure, Report};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let Arguments { command, run: arguments } = Arguments::parse();
    let done = match command {
        Some(Internal::Serve { bare, response }) => yardsticks::serve(bare, response).map(|()| true),
        Some(Internal::Instructions { renew }) => instructions::run(renew),
        None => run(arguments).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: Run) -> Result<()> {
    if !program_exists(load::GENERATOR) {
        return missing(load::GENERATOR);
    }
    if arguments.smoke {
        arguments = Run { sizes: vec![1000], connections: vec![1, 2], open: 50, rounds: 1, seconds: 0.5, ..arguments };
    }
    let mut skipped = Vec::new();
    let bench = prepare(&arguments, &mut skipped)?;
    let mut report = Report { machine: Machine::read(), plan: bench.plan, figures: Vec::new(), skipped };
    println!("{}\n", report.describe());
    let mut failures = Vec::new();
    for (name, measure) in figures(&arguments) {
        match measure(&bench) {
            Ok(figure) => {
                bench.progress.suspend(|| print!("{}", table::markdown(&figure)));
                report.figures.push(figure);
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    bench.progress.finish_and_clear();
    publish(&arguments, &report)?;
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\nerror: ").into()) }
}

/// Builds or finds the programs.
fn prepare(arguments: &Run, skipped: &mut Vec<String>) -> Result<Bench> {
    let target = build::directory()?;
    let given = arguments.compare.first().or(arguments.server.as_ref());
    let server = given.map_or_else(build::server, |path| Ok(path.canonicalize()?))?;
    let progress =
        ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}")?);
    progress.enable_steady_tick(Duration::from_millis(200));
    progress.set_message("installing the peer");
    let peer = Peer::install(&target).inspect_err(|error| skipped.push(format!("the peer: {error}"))).ok();
    let Run { sizes, connections, open, rounds, seconds, .. } = arguments;
    let plan = Plan { rounds: *rounds, seconds: *seconds };
    let (sizes, connections, open) = (sizes.clone(), connections.clone(), *open);
    Ok(Bench { server, target, sizes, connections, open, plan, peer, progress })
}

/// A figure to measure, with its name.
type Question = (String, Box<dyn Fn(&Bench) -> Result<Figure>>);

fn figures(arguments: &Run) -> Vec<Question> {
    if let [before, after] = &arguments.compare[..] {
        let (before, after) = (before.clone(), after.clone());
        let compare = move |bench: &Bench| figures::builds::compare(bench, &before, &after);
        return vec![("builds".into(), Box::new(compare))];
    }
    let names = if arguments.only.is_empty() { Name::DEFAULT.to_vec() } else { arguments.only.clone() };
    let question = |name: Name| -> Question { (format!("{name:?}"), Box::new(move |bench| name.measure(bench))) };
    names.into_iter().map(question).collect()
}

fn publish(arguments: &Run, report: &Report) -> Result<()> {
    for reason in &report.skipped {
        println!("skipped: {reason}");
    }
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(report)? + "\n")?;
    }
    let plots = plots::plots(&report.figures)?;
    if let Some(directory) = &arguments.plots {
        docs::write_plots(&plots, directory)?;
    }
    if arguments.docs { docs::write(report, &plots) } else { Ok(()) }
}

fn program_exists(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A missing program is an error under `CI=true` only.
fn missing(program: &str) -> Result<()> {
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        return Err(format!("{program} is not installed").into());
    }
    println!("skipped: {program} is not installed");
    Ok(())
}
