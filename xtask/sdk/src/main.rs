//! `cargo xtask sdk`: the SDKs that public generators make of the contract, and their lifecycle against the real
//! server.
//!
//! A [generator](generators) is a list of packages and commands. [`check`] runs its stages in a [`project`] below
//! `target/sdk`: it [installs](install) the packages, generates the SDK from the untouched contract, compiles it with a
//! program, and runs the program against a server of its own. The program prints each step of the [`lifecycle`]. A
//! [`guide`] has a program, too. [`report`] prints the results, and [`table`] writes them into the documentation.

mod check;
mod gateway;
mod generators;
mod guide;
mod install;
mod lifecycle;
mod project;
mod report;
mod stage;
mod table;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use futures::stream::{self, StreamExt};
use tokio::signal::unix::{SignalKind, signal};

use generators::GENERATORS;
use stage::Outcome;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The number of generators whose stages run at the same time.
const CONCURRENT: usize = 2;

/// Generates SDKs with public generators, compiles them, and runs a lifecycle with each against the real server
///
/// A generator that cannot be had is skipped by name. The output of each stage is in target/sdk/GENERATOR/STAGE.log.
/// The exit status is 1 if a generator fails that is not known to fail, or one that is known to fail does not, and 2 if
/// the check could not do its work.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sdk", bin_name = "cargo xtask sdk")]
struct Arguments {
    /// Generators, and languages: all generators of a language
    #[arg(value_name = "GENERATOR|LANGUAGE", required_unless_present_any = ["all", "list"])]
    #[arg(conflicts_with_all = ["all", "list"])]
    names: Vec<String>,
    /// Check every generator
    #[arg(long, conflicts_with = "list")]
    all: bool,
    /// List the generators with their languages
    #[arg(long)]
    list: bool,
    /// Write the table into server/docs/sdks.md
    #[arg(long, requires = "all")]
    docs: bool,
    /// Write the table also if generators were skipped, whose results it loses
    #[arg(long, requires = "docs")]
    partial: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The future of the run is dropped at a signal, and the commands that it runs end with it.
    let done = tokio::select! {
        done = run(&arguments) => done,
        error = interrupted() => Err(error),
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

/// Waits for SIGINT or SIGTERM. Returns the error of the run.
async fn interrupted() -> Box<dyn Error + Send + Sync> {
    let wait = async || {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            _ = interrupt.recv() => Ok("interrupted"),
            _ = terminate.recv() => Ok("terminated"),
        }
    };
    wait().await.map_or_else(|error: std::io::Error| error.into(), Into::into)
}

/// The result is whether every outcome is a known one.
async fn run(arguments: &Arguments) -> Result<bool> {
    if arguments.list {
        for generator in GENERATORS {
            println!("{} {} {}", generator.language.name(), generator.name, generator.version());
        }
        return Ok(true);
    }
    let selected: Vec<_> =
        if arguments.all { GENERATORS.iter().collect() } else { generators::select(&arguments.names)? };
    let mut checks = stream::iter(selected).map(check::check).buffered(CONCURRENT);
    let mut outcomes = Vec::new();
    while let Some(outcome) = checks.next().await {
        let outcome = outcome?;
        println!("{}", report::line(&outcome));
        outcomes.push(outcome);
    }
    let unexpected: Vec<String> = outcomes.iter().filter_map(Outcome::unexpected).collect();
    for difference in &unexpected {
        eprintln!("unexpected: {difference}");
    }
    if arguments.docs {
        if !arguments.partial && outcomes.iter().any(Outcome::is_skipped) {
            return Err("the table is not written, because generators were skipped; `--partial` writes it".into());
        }
        table::write(&outcomes)?;
    }
    Ok(unexpected.is_empty())
}
